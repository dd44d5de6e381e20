package report

import (
	"context"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"halab/internal/matrix"
)

// matricesFit: matrix.html asks nobody for anything, runs no script, and is no
// wider than a phone.
func matricesFit(t *testing.T, ctx context.Context) {
	for name, m := range map[string]*matrix.Matrix{"hostile": hostileMatrix(), "mixed": mixedMatrix()} {
		t.Run(name, func(t *testing.T) {
			b := openPage(t, ctx, writeMatrix(t, MatrixHTML, m), 390)
			for _, width := range []int64{390, 1200} {
				b.do(t, size(width), chromedp.Sleep(50*time.Millisecond))
				if wide := eval[int64](t, b, "document.documentElement.scrollWidth"); wide > width {
					t.Errorf("%d pixels wide at %d", wide, width)
				}
			}
			b.quiet(t)
			if n := eval[int](t, b, "document.querySelectorAll('script, img, iframe, object').length"); n != 0 {
				t.Errorf("%d scripts and images", n)
			}
			if n := eval[int](t, b, "document.querySelectorAll('td.cell').length"); n < len(m.Cells) {
				t.Errorf("%d cells are drawn, of %d", n, len(m.Cells))
			}
			if bad := eval[int](t, b, "[...document.querySelectorAll('a')].filter(a => a.protocol != 'file:').length"); bad != 0 {
				t.Errorf("%d links lead elsewhere than to files", bad)
			}
		})
	}
}
