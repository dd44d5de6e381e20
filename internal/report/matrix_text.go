package report

import (
	"io"

	"halab/internal/matrix"
)

// MatrixText writes the matrix for people in a terminal: the cells, what
// differs, and the result last.
func MatrixText(w io.Writer, m *matrix.Matrix, o TextOptions) error {
	p := newPainter(w, o)
	p.title(visible(m.Scenario) + ", a matrix of " + plural(int64(len(m.Cells)), "cell"))
	p.line("")
	g := grid{}
	for _, a := range m.Axes {
		g.head = append(g.head, visible(a.Name))
		g.right = append(g.right, false)
	}
	g.head = append(g.head, "sent", "lost", "largest gap", "outcome")
	g.right = append(g.right, true, true, true)
	for i := range m.Cells {
		c := &m.Cells[i]
		var cells []string
		for _, a := range m.Axes {
			cells = append(cells, visible(c.Values[a.Name]))
		}
		gap := "—"
		if c.Gap > 0 {
			gap = length(c.Gap)
		}
		g.add(styleOfTone(cellTone(c)), append(cells, count(c.Sent), count(c.Lost), gap, outcomeOf(c))...)
	}
	g.write(p)
	matrixHoles(p, m)
	p.heading("What differs")
	for _, d := range m.Differences {
		p.wrapped("  ", visible(d.Text), Normal)
	}
	if len(m.Differences) == 0 {
		p.wrapped("  ", nothingDiffers, Normal)
	}
	p.line("")
	p.wrapped("", matrixSummary(m), Normal)
	p.wrapped("", matrixPace(m), Faint)
	p.line("%s", p.paint(string(m.Result), styleOfTone(resultTone(m.Result))))
	return p.err
}

// outcomeOf is a cell's conclusion without what the holes say below.
func outcomeOf(c *matrix.Cell) string {
	if !c.Outcome.Judged() {
		return string(c.Outcome)
	}
	return cellConclusion(c)
}

// matrixHoles says why cells have no verdict, each reason once.
func matrixHoles(p *painter, m *matrix.Matrix) {
	cells := map[string]int64{}
	var problems []string
	for i := range m.Cells {
		c := &m.Cells[i]
		if c.Outcome.Judged() {
			continue
		}
		if cells[c.Problem]++; cells[c.Problem] == 1 {
			problems = append(problems, c.Problem)
		}
	}
	if len(problems) == 0 {
		return
	}
	p.heading("Why there is no verdict")
	for _, problem := range problems {
		p.wrapped("  ", plural(cells[problem], "cell")+": "+visible(problem), Normal)
	}
}

// styleOfTone is the style of a tone.
func styleOfTone(tone string) Style {
	switch tone {
	case "pass", "wanted":
		return Good
	case "fail":
		return Bad
	}
	return Doubt
}
