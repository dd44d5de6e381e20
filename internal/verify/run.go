package verify

import (
	"slices"

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
	commands *userCommands
	*judge
	*tally
}

func newRun(s *scenario.Scenario, h *history.Header) *run {
	j := newJudge(s, h)
	r := &run{scenario: s, header: h, judge: j, tally: newTally(s, h, j)}
	r.moves = newMoves(r.path(), r.backups(), r.leads)
	return r
}

// asked says whether the traffic goes to the frontend of this name.
func (r *run) asked(frontend string) bool {
	return slices.ContainsFunc(r.scenario.TrafficFrontends(), func(f *scenario.Frontend) bool { return f.Name == frontend })
}

// asks are the lanes that the scenario asks for.
func (r *run) asks() []string {
	var out []string
	frontends := r.scenario.TrafficFrontends()
	for _, f := range frontends {
		name := f.Name
		if len(frontends) == 1 {
			name = ""
		}
		for _, class := range r.scenario.Traffic.Lanes() {
			out = append(out, history.LaneName(class, name))
		}
	}
	return out
}

// leads says whether a request went to a frontend from which the traffic comes
// to this backend. With one frontend there is no other way.
func (r *run) leads(q *history.Request, backend string) bool {
	name := history.LaneFrontend(q.Lane)
	return name == "" || slices.ContainsFunc(r.scenario.TrafficFrontends(), func(f *scenario.Frontend) bool {
		return f.Name == name && f.DefaultBackend == backend
	})
}

// began is when a request was sent or, when it never was, should have been.
func began(r *history.Request) history.Micros { return r.Began() }

// planned is how many steps the procedure has.
func (r *run) planned() int {
	if r.header.Steps > 0 {
		return r.header.Steps
	}
	return len(r.scenario.Steps)
}
