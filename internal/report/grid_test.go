package report

import (
	"io"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"halab/internal/verify"
)

// figures counts the words of a text that have a figure in them. A word that
// is longer than a column may be broken, and is none of halab's numbers.
func figures(text string) map[string]int {
	out := map[string]int{}
	for _, w := range strings.Fields(text) {
		if strings.ContainsAny(w, "0123456789") && utf8.RuneCountInString(w) <= leastCell {
			out[w]++
		}
	}
	return out
}

// A narrow terminal shows every number that a wide one does, in lines that fit.
func TestNarrowLosesNoNumber(t *testing.T) {
	for name, v := range cases() {
		text := func(width int) string {
			return string(write(t, func(w io.Writer, v *verify.Verdict) error { return Text(w, v, TextOptions{Width: width}) }, v))
		}
		wide := figures(text(10_000))
		for _, width := range []int{40, 60, 80, 100} {
			narrow := text(width)
			checkNarrow(t, name, narrow, width, wide)
		}
	}
	for name, m := range matrices() {
		text := func(width int) string {
			var out strings.Builder
			if err := MatrixText(&out, m, TextOptions{Width: width}); err != nil {
				t.Fatal(err)
			}
			return out.String()
		}
		for _, width := range []int{40, 60, 80, 100} {
			checkNarrow(t, name, text(width), width, figures(text(10_000)))
		}
	}
}

func checkNarrow(t *testing.T, name, narrow string, width int, wide map[string]int) {
	t.Helper()
	seen := figures(narrow)
	for word, n := range wide {
		if seen[word] < n {
			t.Errorf("%s: %d of %d times %q at %d columns", name, seen[word], n, word, width)
		}
	}
	for line := range strings.Lines(narrow) {
		if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > width {
			t.Errorf("%s: a line of %d columns on %d: %s", name, n, width, line)
		}
	}
}

// What does not fit stands below: texts in their column, numbers in a second
// table.
func TestGridFolds(t *testing.T) {
	g := grid{head: []string{"lane", "sent", "largest gap", "rate of loss"}, right: []bool{false, true, true}}
	g.add(Normal, "keep-alive of a frontend", "1,234", "22.5ms", "below 0.19 %")
	g.note(Normal, "", "   > set server bk_app/nginx2 state maint now")
	var out strings.Builder
	g.write(newPainter(&out, TextOptions{Width: 40}))
	const want = `  lane                 sent  largest gap
  keep-alive of a     1,234       22.5ms
  frontend
                         > set server
                           bk_app/nginx2
                           state maint
                           now

  lane                      rate of loss
  keep-alive of a frontend  below 0.19 %
`
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", out.String(), want)
	}
}

// A break makes no command for GitHub Actions of a text from outside.
func TestFoldMakesNoCommand(t *testing.T) {
	for text, want := range map[string]string{
		"nginx/1.18.0 ::error::owned": `\::error::owned`,
		"nginx/1.18.0 ##[error]owned": `\##[error]owned`,
		"nginx/1.18.0 from bullseye":  "from bullseye",
	} {
		for _, lines := range [][]string{fold(text, 16), Wrap(text, 16)} {
			if len(lines) != 2 || lines[1] != want {
				t.Errorf("%q becomes %q, want %q", text, lines, want)
			}
		}
	}
}

// In a pipe a cell of a matrix is one line that begins with its outcome, and a
// value that all cells share is told once.
func TestMatrixInAPipe(t *testing.T) {
	m := mixedMatrix()
	for i := range m.Cells {
		m.Cells[i].Values["haproxy"] = strings.Repeat("long-", 30) + m.Cells[i].Values["haproxy"]
	}
	var out strings.Builder
	if err := MatrixText(&out, m, TextOptions{}); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(out.String(), "\n")
	if lines[1] != "every cell: from nginx 1.18.0" {
		t.Errorf("what the cells share is told as %q", lines[1])
	}
	if !slices.Equal(strings.Fields(lines[3]), []string{"outcome", "haproxy", "to", "sent", "lost", "largest", "gap"}) {
		t.Errorf("the head is %q", lines[3])
	}
	for i, c := range m.Cells {
		want := []string{string(c.Outcome), c.Values["haproxy"], c.Values["to"], count(c.Sent), count(c.Lost)}
		if words := strings.Fields(lines[4+i]); len(words) != 6 || !slices.Equal(words[:5], want) {
			t.Errorf("cell %s is %q", c.ID, lines[4+i])
		}
	}
}
