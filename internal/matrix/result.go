package matrix

// Result is what came of a matrix as a whole.
type Result string

// The results, the gravest first. A lost request stays lost whatever else
// went wrong; what could not be run may yet lose some; what proves nothing
// was at least run.
const (
	ResultFail         Result = "FAIL"         // a cell has another verdict than the one it must have
	ResultIncomplete   Result = "INCOMPLETE"   // a cell could not be run
	ResultInconclusive Result = "INCONCLUSIVE" // a cell was run and proves nothing
	ResultPass         Result = "PASS"         // every cell is as it must be
)

// Results are all of them.
func Results() []any { return []any{ResultFail, ResultIncomplete, ResultInconclusive, ResultPass} }

// result is the gravest of the cells'.
func result(cells []Cell) Result {
	have := map[Result]bool{}
	for i := range cells {
		have[cells[i].result()] = true
	}
	for _, r := range []Result{ResultFail, ResultIncomplete, ResultInconclusive} {
		if have[r] {
			return r
		}
	}
	return ResultPass
}

// result is what the cell makes of the whole. A verdict that the scenario
// says it must have is a success, whichever it is.
func (c *Cell) result() Result {
	switch {
	case !c.Outcome.Judged():
		return ResultIncomplete
	case c.AsExpected:
		return ResultPass
	case c.Outcome == Inconclusive:
		return ResultInconclusive
	}
	return ResultFail
}
