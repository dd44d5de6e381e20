package verify

import (
	"halab/internal/history"
	"halab/internal/scenario"
)

// run is what every invariant may know of the run as a whole. The tallies are
// kept for all of them, since they are also evidence of the verdict.
type run struct {
	scenario *scenario.Scenario
	header   *history.Header
	moves    *moves
	evidence *evidence
	*judge
	*tally
}

func newRun(s *scenario.Scenario, h *history.Header) *run {
	j := newJudge(s, h)
	r := &run{scenario: s, header: h, judge: j, tally: newTally(s, h, j)}
	r.moves = newMoves(r.path())
	return r
}

// began is when a request was sent or, when it never was, should have been.
func began(r *history.Request) history.Micros {
	if r.Sent > 0 {
		return r.Sent
	}
	return r.Intended
}

// planned is how many steps the procedure has.
func (r *run) planned() int {
	if r.header.Steps > 0 {
		return r.header.Steps
	}
	return len(r.scenario.Steps)
}
