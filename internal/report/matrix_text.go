package report

import (
	"io"
	"math"
	"slices"
	"strings"

	"halab/internal/matrix"
)

// MatrixText writes the matrix for people in a terminal: the cells, what
// differs, and the result last. In a pipe no line is cut or wrapped.
func MatrixText(w io.Writer, m *matrix.Matrix, o TextOptions) error {
	p := newPainter(w, o)
	if o.Width == 0 {
		p.width = math.MaxInt
	}
	p.title(visible(m.Scenario) + ", a matrix of " + plural(int64(len(m.Cells)), "cell"))
	axes, fixed := variedAxes(m)
	if len(fixed) > 0 {
		p.wrapped("", "every cell: "+strings.Join(fixed, ", "), Normal)
	}
	p.line("")
	matrixCells(m, axes, o).write(p)
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

// variedAxes are the axes by which the cells differ, and what all cells share
// of the others.
func variedAxes(m *matrix.Matrix) (axes []matrix.Axis, fixed []string) {
	for _, a := range m.Axes {
		varied := slices.ContainsFunc(m.Cells, func(c matrix.Cell) bool { return c.Values[a.Name] != m.Cells[0].Values[a.Name] })
		switch {
		case varied:
			axes = append(axes, a)
		case len(m.Cells) > 0:
			fixed = append(fixed, visible(matrix.Label(a.Name, m.Cells[0].Values[a.Name])))
		}
	}
	return axes, fixed
}

// matrixCells is the table of the cells, with what a reader looks for first in
// front.
func matrixCells(m *matrix.Matrix, axes []matrix.Axis, o TextOptions) *grid {
	g := &grid{head: []string{"outcome"}, right: []bool{false}, whole: o.Width == 0}
	for _, a := range axes {
		g.head, g.right = append(g.head, visible(a.Name)), append(g.right, false)
	}
	g.head, g.right = append(g.head, "sent", "lost", "largest gap"), append(g.right, true, true, true)
	for i := range m.Cells {
		c := &m.Cells[i]
		cells := []string{outcomeOf(c)}
		for _, a := range axes {
			cells = append(cells, visible(c.Values[a.Name]))
		}
		gap := "—"
		if c.Gap > 0 {
			gap = length(c.Gap)
		}
		g.add(styleOfTone(cellTone(c)), append(cells, count(c.Sent), count(c.Lost), gap)...)
	}
	return g
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
