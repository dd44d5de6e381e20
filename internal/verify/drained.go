package verify

import (
	"fmt"

	"halab/internal/history"
)

// DrainedName is the rule that a server which is stopped had been drained.
const DrainedName = "drained before stopped"

// drained is invariant 17: a server that is stopped has no session left, and
// gets no new ones. One that is stopped in service has none between two
// requests, which is luck and not draining: no budget of sessions allows it.
type drained struct {
	run   *run
	stops int
	bad   []*history.Step
}

func newDrained(r *run) *drained { return &drained{run: r} }

func (d *drained) observe(e history.Event) {
	s, ok := e.(*history.Step)
	if !ok || s.Phase != history.Command || s.Sessions == nil {
		return
	}
	d.stops++
	if s.InService || *s.Sessions > int64(d.run.scenario.Expect.Undrained) {
		copied := *s
		d.bad = append(d.bad, &copied)
	}
}

func (d *drained) findings() []Finding {
	if d.stops == 0 {
		return nil
	}
	if len(d.bad) == 0 {
		return []Finding{{Invariant: DrainedName, Result: Pass, Text: plural(int64(d.stops), "server") + choose(int64(d.stops), " was", " were") + " stopped with " + d.allowed()}}
	}
	var out []Finding
	for _, s := range d.bad {
		how := "had " + plural(*s.Sessions, "session")
		if s.InService {
			how = "was in service, with " + plural(*s.Sessions, "session") + ","
		}
		out = append(out, Finding{Invariant: DrainedName, Result: Fail, Count: max(1, *s.Sessions), Step: s.Index, Line: s.Line, First: s.At,
			Text: fmt.Sprintf("%s %s when step %d %s stopped it", s.Server, how, s.Index, s.Text)})
	}
	return out
}

func (d *drained) allowed() string {
	if n := d.run.scenario.Expect.Undrained; n > 0 {
		return "at most " + plural(int64(n), "session") + " left"
	}
	return "no session left"
}
