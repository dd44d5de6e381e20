package report

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"halab/internal/verify"
)

// browser is one tab of a headless Chromium with what it complained about and
// whom it tried to reach.
type browser struct {
	context.Context
	mu         sync.Mutex
	complaints []string
	requests   []string
}

// TestPage looks at report.html in a real Chromium. Where there is none it is
// skipped, loudly, and in a CI it fails.
func TestPage(t *testing.T) {
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(chromium(t)), chromedp.NoSandbox,
		chromedp.Flag("allow-pre-commit-input", true)) // a key that is pressed before the first frame counts
	ctx, stop := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(stop)
	ctx, end := chromedp.NewContext(ctx)
	t.Cleanup(end)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	tests := map[string]func(*testing.T, context.Context){
		"a loss by keyboard":            lossByKeyboard,
		"a loss by pointer":             lossByPointer,
		"a million requests":            aMillion,
		"figures are report.json's":     figuresAreTheJSON,
		"matrices, quiet and fitting":   matricesFit,
		"printed it says what it lacks": printed,
		"quiet and within its width":    quietAndFits,
		"whole without its own script":  wholeWithoutScript,
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) { test(t, ctx) })
	}
}

// printed: on paper nobody can ask for the losses behind the disclosure.
func printed(t *testing.T, ctx context.Context) {
	v := failed()
	for i := range 30 {
		l := v.Lost[0]
		l.ID = fmt.Sprint("new-more-", i)
		v.Lost = append(v.Lost, l)
	}
	v.LostAll = int64(len(v.Lost))
	b := open(t, ctx, v, 1000)
	const note = `(() => { const n = document.querySelector('.printed'); return getComputedStyle(n).display + ' ' + n.textContent })()`
	if got := eval[string](t, b, note); !strings.HasPrefix(got, "none") {
		t.Errorf("on a screen: %q", got)
	}
	if _, err := chromedp.Call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"}); err != nil {
		t.Fatal(err)
	}
	if got, want := eval[string](t, b, note), fmt.Sprintf("block %d more", len(v.Lost)-shownLost); !strings.HasPrefix(got, want) {
		t.Errorf("on paper: %q, want %q", got, want)
	}
}

// open shows the page of a verdict in a tab of its own.
func open(t *testing.T, ctx context.Context, v *verify.Verdict, width int64) *browser {
	t.Helper()
	return openPage(t, ctx, render(t, v), width)
}

func openPage(t *testing.T, ctx context.Context, page []byte, width int64) *browser {
	t.Helper()
	file := filepath.Join(t.TempDir(), HTMLFile)
	if err := os.WriteFile(file, page, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, end := chromedp.NewContext(ctx)
	t.Cleanup(end)
	b := &browser{Context: ctx}
	if err := chromedp.Listen(ctx, b.listen); err != nil {
		t.Fatal(err)
	}
	if _, err := chromedp.Call(ctx, network.Enable, network.EnableParams{}); err != nil {
		t.Fatal(err)
	}
	b.do(t, size(width), chromedp.Navigate("file://"+file), chromedp.WaitReady("main"))
	return b
}

// size is the window's; a narrow one is a phone's.
func size(width int64) chromedp.Action[chromedp.Void] {
	if width < 500 {
		return chromedp.EmulateViewport(width, 900, chromedp.EmulateMobile)
	}
	return chromedp.EmulateViewport(width, 900)
}

func chromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	if os.Getenv("CI") == "true" {
		t.Fatal("no Chromium on PATH: the HTML report cannot be tested")
	}
	t.Skip("SKIPPED: no Chromium on PATH, so the HTML report is not tested (Debian: apt-get install chromium)")
	return ""
}

func (b *browser) listen(e any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := e.(type) {
	case *network.EventRequestWillBeSent:
		if !strings.HasPrefix(e.Request.URL, "data:") {
			b.requests = append(b.requests, e.Request.URL)
		}
	case *runtime.EventExceptionThrown:
		b.complaints = append(b.complaints, e.ExceptionDetails.Text)
	case *runtime.EventConsoleAPICalled:
		b.complaints = append(b.complaints, "console."+string(e.Type))
	case *log.EventEntryAdded:
		b.complaints = append(b.complaints, e.Entry.Text)
	}
}

func (b *browser) do(t *testing.T, actions ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	ctx, cancel := context.WithTimeout(b, time.Minute)
	defer cancel()
	if err := chromedp.Do(ctx, actions...); err != nil {
		t.Fatal(err)
	}
}

// eval is the value of a JavaScript expression.
func eval[T any](t *testing.T, b *browser, expression string) T {
	t.Helper()
	out, err := chromedp.Run(b, chromedp.Evaluate[T](expression))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// click presses one of the timeline's buttons, if the page has it.
func (b *browser) click(t *testing.T, button string) {
	t.Helper()
	eval[bool](t, b, fmt.Sprintf(`(document.querySelector('[data-do=%s]')?.click(), true)`, button))
}

// quiet fails when the page reached out or complained.
func (b *browser) quiet(t *testing.T) {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.requests) != 1 {
		t.Errorf("requests besides the page itself: %v", b.requests)
	}
	if len(b.complaints) > 0 {
		t.Errorf("the page complained: %v", b.complaints)
	}
}

// render is the page of a verdict with a history that fits it.
func render(t *testing.T, v *verify.Verdict) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := HTML(&out, v, &list{events: runOf(v)}, File{"haproxy.cfg", "frontend app\n\tbind :80\n"}); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func quietAndFits(t *testing.T, ctx context.Context) {
	for name, v := range cases() {
		t.Run(name, func(t *testing.T) {
			b := open(t, ctx, v, 390)
			for _, width := range []int64{390, 1200} {
				b.do(t, size(width), chromedp.Sleep(50*time.Millisecond))
				if wide := eval[int64](t, b, "document.documentElement.scrollWidth"); wide > width {
					t.Errorf("%d pixels wide at %d", wide, width)
				}
			}
			for _, act := range []string{"whole", "steps", "in", "in", "left", "right", "out"} {
				b.click(t, act)
			}
			b.quiet(t)
			if title := eval[string](t, b, "document.title"); title == "owned" {
				t.Error("a Server header ran as a script")
			}
			if n := eval[int](t, b, "document.querySelectorAll('script, img, iframe, object').length"); n != 2 {
				t.Errorf("%d scripts and images, want the data and the script", n)
			}
		})
	}
}

// figuresAreTheJSON: what the page shows is what report.json says.
func figuresAreTheJSON(t *testing.T, ctx context.Context) {
	for name, v := range map[string]*verify.Verdict{"pass": passed(), "fail": failed(), "inconclusive": inconclusive(), "long": long()} {
		t.Run(name, func(t *testing.T) {
			var doc any
			if err := json.Unmarshal(write(t, JSON, v), &doc); err != nil {
				t.Fatal(err)
			}
			b := open(t, ctx, v, 1200)
			shown := eval[map[string]string](t, b, `Object.fromEntries([...document.querySelectorAll('[data-json]')].map(e => [e.dataset.json, e.textContent]))`)
			if len(shown) < 10 {
				t.Fatalf("only %d figures: %v", len(shown), shown)
			}
			for path, text := range shown {
				if want := at(t, doc, path); strings.ReplaceAll(text, ",", "") != want {
					t.Errorf("%s: the page shows %q, report.json has %s", path, text, want)
				}
			}
			var sent int64
			for _, l := range v.Lanes {
				sent += l.Sent
			}
			if got := eval[string](t, b, "document.querySelector('[data-sum]').textContent"); got != count(sent) {
				t.Errorf("%s were sent by the page, %d by the lanes", got, sent)
			}
			if n := eval[int64](t, b, drawnLost); n != v.LostAll {
				t.Errorf("%d lost requests are drawn, the verdict has %d", n, v.LostAll)
			}
		})
	}
}

// drawnLost is how many lost requests the timeline has.
const drawnLost = `JSON.parse(document.getElementById('data').textContent).marks.class?.filter(c => c === 0).length ?? 0`

// at finds a value in a JSON document by a path like lanes.0.sent.
func at(t *testing.T, doc any, path string) string {
	t.Helper()
	for _, key := range strings.Split(path, ".") {
		if list, ok := doc.([]any); ok {
			i, err := strconv.Atoi(key)
			if err != nil || i >= len(list) {
				t.Fatalf("no %s", path)
			}
			doc = list[i]
			continue
		}
		doc = doc.(map[string]any)[key]
	}
	if f, ok := doc.(float64); ok {
		return strconv.FormatFloat(f, 'f', -1, 64)
	}
	return fmt.Sprint(doc)
}

func lossByKeyboard(t *testing.T, ctx context.Context) {
	b := open(t, ctx, failed(), 1200)
	b.do(t, chromedp.Focus("#chart"), chromedp.KeyEvent(kb.ArrowRight), chromedp.KeyEvent(kb.ArrowRight))
	if got := b.chosen(t); !strings.Contains(got, "5.041s") || !strings.Contains(got, "connection reset by peer") {
		t.Errorf("the second loss reads %q", got)
	}
	if got := eval[string](t, b, "document.querySelector('li.picked')?.dataset.lost ?? ''"); got != "1" {
		t.Errorf("number %q of the list is marked", got)
	}
	b.do(t, chromedp.KeyEvent("+"), chromedp.KeyEvent("+"), chromedp.KeyEvent("+"))
	if eval[bool](t, b, "document.querySelector('.cursor').hidden") {
		t.Error("the loss that was chosen is out of sight")
	}
	// The list by itself: to its first, then down.
	b.do(t, chromedp.Focus("li[data-lost='0']"), chromedp.KeyEvent(kb.ArrowDown), chromedp.KeyEvent(kb.ArrowDown))
	if got := eval[string](t, b, "document.activeElement.dataset.lost ?? ''"); got != "2" {
		t.Errorf("the focus is on %q", got)
	}
	b.quiet(t)
}

func (b *browser) chosen(t *testing.T) string {
	t.Helper()
	return eval[string](t, b, "document.getElementById('chosen').textContent")
}

func lossByPointer(t *testing.T, ctx context.Context) {
	b := open(t, ctx, failed(), 1200)
	b.do(t, chromedp.ScrollIntoView("#chart"))
	b.click(t, "lost")
	point := eval[[]float64](t, b, `(() => {
		const d = JSON.parse(document.getElementById('data').textContent);
		const i = d.marks.class.indexOf(0);
		const strip = document.querySelector('.row[data-lane="' + d.marks.lane[i] + '"] .strip');
		const box = strip.getBoundingClientRect(), [x, , w] = strip.getAttribute('viewBox').split(' ').map(Number);
		return [box.left + (d.marks.t[i] / d.length * 10000 - x) / w * box.width, box.top + 6];
	})()`)
	b.do(t, chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, point[0], point[1]))
	if got := eval[string](t, b, "document.querySelector('.tip').textContent"); !strings.Contains(got, "new: proxy 5xx 503") {
		t.Errorf("the tip reads %q", got)
	}
	b.do(t, chromedp.MouseClickXY(point[0], point[1]))
	if got := b.chosen(t); !strings.Contains(got, "SC bk_app/<NOSRV>") {
		t.Errorf("chosen: %q", got)
	}
	b.quiet(t)
}

// aMillion: a long run opens at once, with every loss in it.
func aMillion(t *testing.T, ctx context.Context) {
	v, src := million()
	var out bytes.Buffer
	if err := HTML(&out, v, src); err != nil {
		t.Fatal(err)
	}
	if out.Len() > 4<<20 {
		t.Errorf("%d bytes", out.Len())
	}
	b := openPage(t, ctx, out.Bytes(), 1200)
	t.Logf("%d bytes, ready after %.0f ms", out.Len(), eval[float64](t, b, "performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd"))
	if n := eval[int64](t, b, drawnLost); n != v.LostAll {
		t.Errorf("%d of %d losses are drawn", n, v.LostAll)
	}
	b.quiet(t)
}

// wholeWithoutScript: with scripts switched off the verdict, the losses and
// the drawing are all there.
func wholeWithoutScript(t *testing.T, ctx context.Context) {
	page := bytes.Replace(render(t, failed()), []byte("script-src &#39;sha256-"), []byte("script-src &#39;sha256-no"), 1)
	b := openPage(t, ctx, page, 1200)
	text := eval[string](t, b, "document.body.innerText")
	for _, want := range []string{"FAIL", "3 of 501 requests lost on new", "connection reset by peer", "SC bk_app/<NOSRV>"} {
		if !strings.Contains(text, want) {
			t.Errorf("without a script there is no %q", want)
		}
	}
	if eval[int](t, b, "document.querySelectorAll('.tools[hidden]').length") != 1 {
		t.Error("the script ran, or its buttons show without it")
	}
	if n := eval[int](t, b, "document.querySelectorAll('.strip .mark.lost').length"); n == 0 {
		t.Error("without a script no loss is drawn")
	}
}
