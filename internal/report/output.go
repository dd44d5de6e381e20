package report

import (
	"bytes"
	"fmt"
	"strings"

	"halab/internal/verify"
)

// How many lines of what a command wrote each report shows. report.json and
// the history have all that was kept.
const (
	textOutput = 10
	mdOutput   = 20
	htmlOutput = 200
)

// output is the end of what a step's command wrote: at most n lines, each fit
// for a line of any report, and how many are not among them.
func output(s *verify.Step, n int) (last []string, before int64) {
	text := strings.TrimRight(s.Output, "\n")
	if text == "" {
		return nil, 0
	}
	lines := strings.Split(text, "\n")
	from := max(0, len(lines)-n)
	for _, line := range lines[from:] {
		last = append(last, visible(strings.TrimSuffix(line, "\r")))
	}
	return last, int64(from)
}

// fewer says in a line what output left out.
func fewer(before int64) string { return fmt.Sprintf("(%s before)", plural(before, "line")) }

func textOutputs(g *grid, s *verify.Step) {
	lines, before := output(s, textOutput)
	if before > 0 {
		g.note(Faint, "", "   | "+fewer(before))
	}
	for _, line := range lines {
		g.note(Normal, "", "   | "+line)
	}
}

func mdOutputs(b *bytes.Buffer, v *verify.Verdict) {
	var rows [][]string
	for i := range v.Steps {
		s := &v.Steps[i]
		lines, before := output(s, mdOutput)
		if len(lines) == 0 {
			continue
		}
		if len(rows) == mdLines {
			break
		}
		for i := range lines {
			lines[i] = md(lines[i])
		}
		if before > 0 {
			lines = append([]string{fewer(before)}, lines...)
		}
		rows = append(rows, []string{md(stepName(s.Index, s.Text)), strings.Join(lines, "<br>")})
	}
	if len(rows) == 0 {
		return
	}
	b.WriteString("\n<details><summary>What commands wrote</summary>\n")
	mdTable(b, "step | output", "---|---", rows)
	b.WriteString("\n</details>\n")
}

// htmlOutputs is what a step's command wrote, as one text.
func htmlOutputs(s verify.Step) string {
	lines, before := output(&s, htmlOutput)
	if before > 0 {
		lines = append([]string{fewer(before)}, lines...)
	}
	return strings.Join(lines, "\n")
}
