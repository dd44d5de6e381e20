package verify

import (
	"fmt"
	"slices"

	"halab/internal/haproxy"
	"halab/internal/history"
)

// absent doubts a step that took a server out, or ended it, where a lane that
// lasts by intent had nothing there: what the step does to such requests was not
// seen. A server that was taken out before is judged by what it had then.
func (f *inFlight) absent() []Finding {
	var out []Finding
	for _, d := range f.run.evidence.deeds {
		ref, err := haproxy.ParseServerRef(d.server)
		if err != nil || !takes(d) || f.run.scenario.Server(ref) == nil {
			continue
		}
		a := f.actOf(d)
		if a == nil || !a.serves[d.server] || f.run.evidence.takenOut(d.server, a.at) > 0 {
			continue
		}
		for _, name := range f.run.order {
			if !lasts(history.LaneClass(name)) || a.aboard[berth{name, d.server}] > 0 || !f.run.leads(&history.Request{Lane: name}, ref.Backend) {
				continue
			}
			out = append(out, Finding{Invariant: "in flight", Lane: name, Result: Inconclusive, Count: 1, Step: d.step, Line: f.run.lineOf(d.step), First: a.at,
				Text: fmt.Sprintf("no %s was on %s when step %d acted on it, so what the step does to one is not known", name, d.server, d.step)})
		}
	}
	return slices.CompactFunc(out, func(a, b Finding) bool { return a.Text == b.Text })
}

// takes reports whether a deed takes a server out, ends it or holds it up.
func takes(d deed) bool {
	return d.ends || effects[d.kind].takesOut && d.kind != "weight"
}

// actOf is the command by which a deed was done: the last of its step by then.
func (f *inFlight) actOf(d deed) *act {
	for i := len(f.acts) - 1; i >= 0; i-- {
		if a := &f.acts[i]; a.step == d.step && a.at <= d.at {
			return a
		}
	}
	return nil
}
