package verify

import (
	"fmt"

	"halab/internal/history"
)

// inFlight is invariant 16: what was under way when a step did something ends
// whole.
type inFlight struct {
	run     *run
	open    []flying // requests that may still be under way
	acts    []act
	answers map[string]*streak // by server
}

// flying is a request as far as this rule needs it.
type flying struct {
	began, done history.Micros
	lost        bool
	died        bool // it broke when it ended, and was not lost when it was sent
	lane        string
	server      string
	act         int // the command that may have broken it, from 1
}

// act is a command, and the requests that were under way when it was sent.
type act struct {
	step         int
	at           history.Micros
	under, broke int64
	aboard       map[berth]int64 // of the lanes that last by intent
	serves       map[string]bool // servers that had answered for a while
}

// berth is a lane at a server.
type berth struct{ lane, server string }

// streak is a time in which a server answered again and again.
type streak struct{ since, latest history.Micros }

// A streak ends with silence of a second, and a server that has answered for
// settled ought to have something of every lane that lasts.
const (
	silence = history.Micros(1_000_000)
	settled = busy
)

func newInFlight(r *run) *inFlight { return &inFlight{run: r, answers: map[string]*streak{}} }

// lasts reports whether the prober keeps requests of a class in flight at every
// server that serves.
func lasts(class string) bool { return class == history.DownloadLane || class == history.StreamLane }

// pruneFrom is how many requests are kept before those that have ended are
// let go of.
const pruneFrom = 4096

func (f *inFlight) observe(e history.Event) {
	switch e := e.(type) {
	case *history.Request:
		f.answered(e)
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
		f.open = append(f.open, flying{began: e.Sent, done: e.Done, lost: f.run.class(e) == lost,
			died: when(e) > began(e), lane: e.Lane, server: e.Server})
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
	a := act{step: e.Index, at: e.At, under: int64(len(f.open)), aboard: map[berth]int64{}, serves: map[string]bool{}}
	for server, s := range f.answers {
		a.serves[server] = e.At-s.latest <= silence && e.At-s.since >= settled
	}
	for i := range f.open {
		s := &f.open[i]
		if lasts(history.LaneClass(s.lane)) && s.began < e.At {
			a.aboard[berth{s.lane, s.server}]++
		}
		if !s.lost || !s.mayBreak(e.At) {
			continue
		}
		if s.act > 0 {
			f.acts[s.act-1].broke--
		}
		s.act = len(f.acts) + 1
		a.broke++
	}
	f.acts = append(f.acts, a)
}

// mayBreak reports whether a command may have broken a request that was lost:
// the last one before it ended, where it broke then. One that waited in vain was
// lost by the command that came soon after it was sent, if any; a later one
// found it waiting already.
func (s *flying) mayBreak(at history.Micros) bool {
	return s.died || s.act == 0 && at-s.began <= retryTimer
}

// answered follows which servers answer.
func (f *inFlight) answered(r *history.Request) {
	if r.Server == "" || f.run.class(r) != fine {
		return
	}
	at, s := answeredAt(r), f.answers[r.Server]
	switch {
	case s == nil:
		f.answers[r.Server] = &streak{at, at}
	case at-s.latest > silence:
		*s = streak{at, at}
	default:
		s.latest = max(s.latest, at)
	}
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
	return append([]Finding{out}, f.absent()...)
}
