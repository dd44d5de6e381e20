package verify

import (
	"fmt"
	"strings"

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
	began, done history.Micros // done: when it ended whole, or broke
	server      string         // "": not known
	lost        bool
	died        bool // it broke when it ended, and was not lost when it was sent
	act         int  // the command that may have broken it, from 1
}

// act is a command, and the requests that were under way when it was sent.
type act struct {
	step         int
	at           history.Micros
	server       string   // "": none, or any
	touches      []string // of a command of the user's
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
		f.open = append(f.open, f.flying(e))
	case *history.Step:
		if e.Phase == history.Command {
			f.act(e)
		}
	}
}

func (f *inFlight) flying(r *history.Request) flying {
	return flying{began: r.Sent, done: died(r), server: atServer(r), lost: f.run.class(r) == lost, died: LostAt(r) > began(r)}
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
	f.acts = append(f.acts, act{step: e.Index, at: e.At, server: e.Server, touches: e.Touches, under: int64(len(f.open))})
	for i := range f.open {
		if s := &f.open[i]; s.lost && s.mayBreak(e.At) {
			s.act = f.blame(s.act, len(f.acts), s.server)
		}
	}
}

// mayBreak reports whether a command may have broken a request that was lost:
// the last one before it ended, where it broke then. One that waited in vain was
// lost by the command that came soon after it was sent, if any; a later one
// found it waiting already.
func (s *flying) mayBreak(at history.Micros) bool {
	return s.died || s.act == 0 && at-s.began <= retryTimer
}

// blame puts a request that broke on the account of one more command, unless
// that deals with another server and an earlier one with its own.
func (f *inFlight) blame(was, now int, server string) int {
	if was > 0 && !f.acts[now-1].dealsWith(server) && f.acts[was-1].dealsWith(server) {
		return was
	}
	if was > 0 {
		f.acts[was-1].broke--
	}
	f.acts[now-1].broke++
	return now
}

// dealsWith reports whether a command may have to do with a request that was at
// this server.
func (a *act) dealsWith(server string) bool {
	return server == "" || a.server == server || a.server == "" && mayTouch(a.touches, server)
}

// atServer is the server that HAProxy had sent a request to, as far as that is
// known.
func atServer(r *history.Request) string {
	if r.Log == nil {
		return r.Server
	}
	if strings.HasSuffix(r.Log.Server, noServerName) {
		return ""
	}
	return r.Log.Server
}

// noServerName stands in HAProxy's log for the server of a request that had none.
const noServerName = "/<NOSRV>"

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
