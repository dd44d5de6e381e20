package verify

import (
	"fmt"
	"slices"
	"strings"

	"halab/internal/haproxy"
	"halab/internal/history"
	"halab/internal/scenario"
)

// termination is invariant 12: HAProxy ended every request that was answered
// as expected (in mode tcp: every session) in the normal way, termination
// state --, or in one that the scenario allows. Lost requests are told by loss
// and their ends by origin.
type termination struct {
	run   *run
	clean int64
	noun  string
	seen  map[ending]*ended
	order []ending
}

// ending is a termination state on a lane; a session belongs to none.
type ending struct {
	state haproxy.TerminationState
	lane  string
}

type ended struct {
	count       int64
	first, last history.Micros
}

func newTermination(r *run) *termination {
	return &termination{run: r, noun: "request", seen: map[ending]*ended{}}
}

func (t *termination) observe(e history.Event) {
	switch e := e.(type) {
	case *history.Request:
		if e.Log != nil && t.run.class(e) == fine {
			t.ended(ending{e.Log.State, e.Lane}, began(e))
		}
	case *history.LogLine:
		if f := e.Frontend; t.run.asked(f) && t.run.scenario.ModeOf(f) == scenario.ModeTCP {
			t.noun = "session"
			t.ended(ending{state: e.State}, e.At)
		}
	}
}

func (t *termination) ended(how ending, at history.Micros) {
	if how.state.Clean() || slices.Contains(t.run.scenario.Expect.Terminations, string(how.state)) {
		t.clean++
		return
	}
	s := t.seen[how]
	if s == nil {
		s = &ended{first: at}
		t.seen[how] = s
		t.order = append(t.order, how)
	}
	s.count++
	s.last = at
}

func (t *termination) findings() []Finding {
	if len(t.order) == 0 {
		text := plural(t.clean, t.noun) + " ended with termination state --"
		if allowed := t.run.scenario.Expect.Terminations; len(allowed) > 0 {
			text += " or " + strings.Join(allowed, ", ")
		}
		return []Finding{{Invariant: "clean ends", Result: Pass, Text: text}}
	}
	var out []Finding
	for _, how := range t.order {
		s := t.seen[how]
		what := plural(s.count, t.noun)
		if how.lane != "" {
			what += " on " + how.lane
		}
		f := Finding{Invariant: "clean ends", Lane: how.lane, Result: Fail, Count: s.count, First: s.first, Last: s.last,
			Text: fmt.Sprintf("%s ended with termination state %s: %s", what, how.state, how.state.Explain())}
		f.locate(t.run, s.first)
		out = append(out, f)
	}
	return out
}
