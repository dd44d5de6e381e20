package verify

import (
	"fmt"

	"halab/internal/history"
)

// inFlight is invariant 16: what was under way when a step did something ends
// whole.
type inFlight struct {
	run  *run
	open []flying // requests that may still be under way
	acts []act
}

// flying is a request as far as this rule needs it.
type flying struct {
	began, done history.Micros
	lost        bool
	act         int // the last command while it was under way, from 1
}

// act is a command, and the requests that were under way when it was sent.
type act struct {
	step         int
	at           history.Micros
	under, broke int64
}

func newInFlight(r *run) *inFlight { return &inFlight{run: r} }

// pruneFrom is how many requests are kept before those that have ended are
// let go of.
const pruneFrom = 4096

func (f *inFlight) observe(e history.Event) {
	switch e := e.(type) {
	case *history.Request:
		if stream(e) != nil {
			f.stream(e)
			return
		}
		if e.Sent == 0 {
			return
		}
		if len(f.open) >= pruneFrom && len(f.open) == cap(f.open) {
			f.prune(e.Sent)
		}
		f.open = append(f.open, flying{began: e.Sent, done: e.Done, lost: f.run.class(e) == lost})
	case *history.Step:
		if e.Phase == history.Command {
			f.act(e)
		}
	}
}

// prune lets go of what had ended by then: a later command cannot touch it.
func (f *inFlight) prune(now history.Micros) {
	kept := f.open[:0]
	for _, s := range f.open {
		if s.done > now {
			kept = append(kept, s)
		}
	}
	f.open = kept
}

func (f *inFlight) act(e *history.Step) {
	f.prune(e.At)
	a := act{step: e.Index, at: e.At, under: int64(len(f.open))}
	for i := range f.open {
		s := &f.open[i]
		if !s.lost {
			continue
		}
		// Only the last command before it broke can have broken it.
		if s.act > 0 {
			f.acts[s.act-1].broke--
		}
		s.act = len(f.acts) + 1
		a.broke++
	}
	f.acts = append(f.acts, a)
}

func (f *inFlight) findings() []Finding {
	out := Finding{Invariant: "in flight", Result: Pass}
	var under int64
	for _, a := range f.acts {
		under += a.under
		if a.broke == 0 {
			continue
		}
		if out.Count == 0 {
			out.Step, out.Line, out.First = a.step, f.run.lineOf(a.step), a.at
			out.Text = fmt.Sprintf("%d of %s under way when step %d acted did not end whole", a.broke, plural(a.under, "request"), a.step)
		}
		out.Count += a.broke
		out.Last = a.at
	}
	switch {
	case len(f.acts) == 0:
		return nil
	case out.Count == 0:
		out.Text = fmt.Sprintf("%s under way when a step acted, and ended whole", plural(under, "request")+choose(under, " was", " were"))
	case out.Count > int64(f.run.scenario.Expect.Lost):
		out.Result = Fail
	}
	return []Finding{out}
}
