package report

import (
	"fmt"
	"io"
	"regexp"
	"testing"

	"halab/internal/verify"
)

// What the table of shares has no room for is counted.
func TestSharesCountWhatTheyLeaveOut(t *testing.T) {
	told := regexp.MustCompile(`and [-0-9,]+ more`)
	for more, want := range map[int]string{0: "", 1: "and 1 more", 1200: "and 1,200 more"} {
		v := passed()
		v.Shares = nil
		for i := range maxShares + more {
			v.Shares = append(v.Shares, verify.Share{Lane: "new", Server: fmt.Sprint("bk_app/s", i), Before: 1})
		}
		for name, f := range map[string]func(io.Writer, *verify.Verdict) error{
			"text":     func(w io.Writer, v *verify.Verdict) error { return Text(w, v, TextOptions{}) },
			"markdown": Markdown,
			"page":     func(w io.Writer, v *verify.Verdict) error { return HTML(w, v, &list{events: runOf(v)}) },
		} {
			if got := told.FindString(string(write(t, f, v))); got != want {
				t.Errorf("%s with %d rows more says %q, not %q", name, more, got, want)
			}
		}
	}
}
