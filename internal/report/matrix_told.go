package report

import (
	"fmt"

	"halab/internal/matrix"
	"halab/internal/verify"
)

// matrix_told is what several reports say of a matrix in the same words.

// cellConclusion is what came of a cell, in a line.
func cellConclusion(c *matrix.Cell) string {
	switch {
	case !c.Outcome.Judged():
		return fmt.Sprintf("%s: %s", c.Outcome, visible(c.Problem))
	case c.AsExpected && c.Outcome == matrix.Pass:
		return string(c.Outcome)
	case c.AsExpected:
		return string(c.Outcome) + ", as this scenario expects"
	case c.Expected != verify.Pass && verify.Result(c.Outcome) == c.Expected:
		return string(c.Outcome) + ", but not for the reason that this scenario expects"
	case c.Expected != verify.Pass:
		return fmt.Sprintf("%s, but this scenario expects %s", c.Outcome, c.Expected)
	}
	return string(c.Outcome)
}

// cellWord is what stands in a cell of a table.
func cellWord(c *matrix.Cell) string {
	switch {
	case c.Outcome == matrix.Unavailable:
		return "not to be had"
	case c.Outcome == matrix.Error:
		return "not run: error"
	case c.Outcome == matrix.NotRun:
		return "not run"
	case c.Lost > 0:
		return count(c.Lost) + " lost"
	case c.Outcome == matrix.Pass:
		return "0 of " + count(c.Sent) + " lost"
	case c.Outcome == matrix.Inconclusive:
		return "proves nothing"
	}
	return "a rule broken"
}

// cellTone is the class of a cell: what it makes of the whole.
func cellTone(c *matrix.Cell) string {
	switch {
	case !c.Outcome.Judged():
		return "hole"
	case c.Outcome == matrix.Pass && c.AsExpected:
		return "pass"
	case c.AsExpected:
		return "wanted"
	case c.Outcome == matrix.Inconclusive:
		return "doubt"
	}
	return "fail"
}

// resultTone is the class of a matrix's result.
func resultTone(r matrix.Result) string {
	switch r {
	case matrix.ResultPass:
		return "pass"
	case matrix.ResultFail:
		return "fail"
	}
	return "doubt"
}

// matrixSummary counts the cells in a line.
func matrixSummary(m *matrix.Matrix) string {
	t := m.Totals
	text := fmt.Sprintf("%s: %d as expected", plural(int64(t.Cells), "cell"), t.AsExpected)
	for _, part := range []struct {
		n    int
		word string
	}{{t.Pass, "PASS"}, {t.Fail, "FAIL"}, {t.Inconclusive, "INCONCLUSIVE"}, {t.NotJudged, "without a verdict"}} {
		if part.n > 0 {
			text += fmt.Sprintf(", %d %s", part.n, part.word)
		}
	}
	return text
}

// matrixPace is how long the matrix took, and how much longer than its traffic
// alone, with as many cells side by side, would have. Of several machines only
// the first is told.
func matrixPace(m *matrix.Matrix) string {
	text := fmt.Sprintf("took %s for %s of traffic", length(m.Length), length(m.Totals.Traffic))
	if m.Parallel == 0 || m.Totals.Traffic == 0 {
		return text
	}
	ideal := float64(m.Totals.Traffic) / float64(m.Parallel)
	return text + fmt.Sprintf(", at most %d side by side: %.2f times the traffic alone", m.Parallel, float64(m.Length)/ideal)
}

// nothingDiffers is said where the cells share everything.
const nothingDiffers = "Nothing that was seen differs between the cells."
