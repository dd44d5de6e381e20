package report

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"halab/internal/verify"
)

// Run is one of several scenarios that were run one after the other.
type Run struct {
	Scenario string
	Dir      string          // of its reports, below that of all; "" where there is none
	V        *verify.Verdict // nil: it has none
	Problem  string          // why it was not carried through; "" when it was
}

// IndexFile is the page that WriteSeveral writes, beside MarkdownFile and
// JUnitFile.
const IndexFile = "index.html"

// WriteSeveral writes the reports of several scenarios into dir, each in one
// piece: a page that leads to those of the runs, one summary, one JUnit file.
func WriteSeveral(dir string, runs []Run) error {
	for _, r := range []struct {
		name  string
		write func(io.Writer, []Run) error
	}{
		{IndexFile, SeveralHTML}, {JUnitFile, SeveralJUnit}, {MarkdownFile, SeveralMarkdown},
	} {
		if err := replace(filepath.Join(dir, r.name), func(w io.Writer) error { return r.write(w, runs) }); err != nil {
			return fmt.Errorf("write %s: %w", r.name, err)
		}
	}
	return nil
}

// severalRow is what every report says of a run in a line.
type severalRow struct {
	Result, Scenario, Sent, Lost, Reason string
	Link, Tone                           string
}

func (r *Run) row() severalRow {
	row := severalRow{Result: "NOT RUN", Scenario: visible(r.Scenario), Sent: "—", Lost: "—", Tone: "doubt", Reason: r.problem()}
	if r.V == nil {
		return row
	}
	if r.Dir != "" {
		row.Link = filepath.ToSlash(filepath.Join(r.Dir, HTMLFile))
	}
	var sent int64
	for i := range r.V.Lanes {
		sent += r.V.Lanes[i].Sent
	}
	row.Result, row.Sent, row.Lost, row.Tone = string(r.V.Result), count(sent), count(r.V.LostAll), tone(r.V.Result)
	first := ""
	switch {
	case len(r.V.Causes) > 0:
		first = visible(r.V.Causes[0].What)
	case len(r.V.Reasons) > 0:
		first = visible(r.V.Reasons[0])
	}
	row.Reason = cmp.Or(row.Reason, first)
	if aside := conclusion(r.V); aside != row.Result {
		row.Reason = joinTold(aside[len(row.Result)+2:], row.Reason)
	}
	switch {
	case r.Problem != "" && (r.V.AsWanted || row.Tone != "fail"):
		row.Tone = "doubt"
	case r.V.AsWanted:
		row.Tone = "pass"
	}
	return row
}

// problem is why a run was not carried through; "" when it was.
func (r *Run) problem() string {
	if strings.Contains(r.Problem, context.Canceled.Error()) {
		return "interrupted"
	}
	return visible(r.Problem)
}

func joinTold(a, b string) string {
	if b == "" {
		return a
	}
	return a + ": " + b
}

// asWanted is how many runs have the verdict that their scenario must have.
func asWanted(runs []Run) (n int) {
	for i := range runs {
		if runs[i].V != nil && runs[i].V.AsWanted && runs[i].Problem == "" {
			n++
		}
	}
	return n
}

func severalSummary(runs []Run) string {
	return fmt.Sprintf("%d of %s came out as expected", asWanted(runs), plural(int64(len(runs)), "scenario"))
}

// SeveralText writes a line a run, the verdict first.
func SeveralText(w io.Writer, runs []Run, o TextOptions) error {
	p := newPainter(w, o)
	p.heading("All scenarios")
	g := grid{head: []string{"verdict", "scenario", "lost", "sent", "why"}, right: []bool{false, false, true, true}}
	for i := range runs {
		r := runs[i].row()
		g.add(styleOfTone(r.Tone), r.Result, r.Scenario, r.Lost, r.Sent, r.Reason)
	}
	g.write(p)
	p.line("\n%s", severalSummary(runs))
	return p.err
}

// Quiet writes the verdict in a line and each reason in one.
func Quiet(w io.Writer, r *Run) error {
	text := conclusion(r.V) + "  " + visible(r.Scenario)
	for _, c := range r.V.Causes {
		text += "\n  " + visible(c.String())
	}
	for _, reason := range r.V.Reasons {
		text += "\n  " + visible(reason)
	}
	_, err := fmt.Fprintln(w, text)
	return err
}
