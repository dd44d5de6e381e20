package verify

import (
	"fmt"
	"slices"
	"time"

	"halab/internal/haproxy"
	"halab/internal/history"
	"halab/internal/scenario"
)

// tcpKeepsConnections: in mode tcp HAProxy chooses a server once a
// connection, so what is kept stays where it was.
func tcpKeepsConnections(e *evidence) Cause {
	if !e.tcp() {
		return Cause{}
	}
	for _, w := range e.run.moves.switches[:e.run.moves.done] {
		if w.Late > 0 && w.lateAnew() == 0 {
			return Cause{Step: w.Step,
				What:    fmt.Sprintf("%s: %s on kept connections stayed with %s, for in mode tcp HAProxy chooses a server once a connection.", e.step(w.Step), plural(w.Late, "request"), w.From),
				Instead: "mode http chooses for every request; in mode tcp on-marked-down shutdown-sessions closes the connections."}
		}
	}
	return Cause{}
}

func (e *evidence) tcp() bool {
	return e.run.scenario.ModeOf(e.run.scenario.TrafficFrontend().Name) == scenario.ModeTCP
}

// returned is the first switch after which the old server answered new
// connections again, with the last deed before that.
func (e *evidence) returned() (Switch, deed, bool) {
	for _, w := range e.run.moves.switches[:e.run.moves.done] {
		if w.Late == 0 || e.tcp() && w.lateAnew() == 0 {
			continue
		}
		for _, d := range slices.Backward(e.deeds) {
			if d.at <= w.lateSeen {
				return w, d, true
			}
		}
	}
	return Switch{}, deed{}, false
}

// putBack: a step made the old server ready again.
func putBack(e *evidence) Cause {
	w, d, ok := e.returned()
	if !ok || d.kind != "ready" || d.server != w.From {
		return Cause{}
	}
	return Cause{Step: d.step,
		What:    fmt.Sprintf("%s: it put the old server back into service, and %s went there again.", e.step(d.step), plural(w.Late, "request")),
		Instead: "Leave it in maintenance; or, where this is the way back, say so: `switch: {…, back: true}`."}
}

// cameBack: the old server was never taken out, and its checks passed again.
func cameBack(e *evidence) Cause {
	w, d, ok := e.returned()
	if !ok || d.kind == "ready" || d.takeover || e.takenOut(w.From, w.lateSeen) > 0 {
		return Cause{}
	}
	down, wasDown := e.becomes(w.From, w.Command, haproxy.Status.Down)
	up, cameUp := e.becomes(w.From, down, haproxy.Status.Serving)
	if !wasDown || !cameUp {
		return Cause{}
	}
	return Cause{Step: d.step,
		What:    fmt.Sprintf("%s: %s passed its checks again at %s, and %s went back to it.", e.step(d.step), w.From, at(up), plural(w.Late, "request")),
		Instead: fmt.Sprintf("`maint: %s` keeps it out, whatever its checks say.", w.From)}
}

// reloadForgetsMaint: a reload put a server back, since the new HAProxy knows
// nothing of maintenance.
func reloadForgetsMaint(e *evidence) Cause {
	for _, d := range e.deeds {
		if !d.takeover {
			continue
		}
		for _, ref := range e.run.scenario.ServerRefs() {
			if c := e.forgotten(d, ref.String()); c.What != "" {
				return c
			}
		}
	}
	return Cause{}
}

// forgotten is that cause for one takeover and one server.
func (e *evidence) forgotten(d deed, server string) Cause {
	step := e.takenOut(server, d.at)
	if _, up := e.becomes(server, d.at, haproxy.Status.Serving); step == 0 || !up {
		return Cause{}
	}
	c := Cause{Step: d.step, Instead: "`show servers state` saved before the reload and load-server-state-from-file keep it out; or take it out again before anything else."}
	what := fmt.Sprintf("%s: the new HAProxy did not know that %s was out since step %d", e.step(d.step), server, step)
	if w, back, ok := e.returned(); ok && back == d && w.From == server {
		c.What = fmt.Sprintf("%s, and %s went back to it.", what, plural(w.Late, "request"))
		return c
	}
	if h := e.lost(func(k lossKind) bool { return k.server == server && k.step >= d.step && k.gone() }); h.all > 0 {
		c.What = fmt.Sprintf("%s; %s went to it (%s), though its nginx was gone, until its first check.", what, h, h.how())
		return c
	}
	return Cause{}
}

// reloadClosesKept: a HAProxy that was taken over from closed kept
// connections.
func reloadClosesKept(e *evidence) Cause {
	const option = "idle-close-on-response"
	f := e.finding("stale connections")
	frontend := e.run.scenario.TrafficFrontend()
	if slices.Contains(frontend.Option, option) || slices.Contains(e.run.scenario.HAProxy.Defaults.EffectiveOption(), option) {
		return Cause{}
	}
	for _, d := range e.deeds {
		if !d.takeover {
			continue
		}
		h := e.lost(func(k lossKind) bool { return k.step == d.step && k.outcome == history.InFlight && k.state == "" })
		n := h.all
		if f != nil && f.Step == d.step {
			n += f.Count
		}
		if n > 0 {
			return Cause{Step: d.step,
				What:    fmt.Sprintf("%s: %s met a kept connection that the old HAProxy had closed.", e.step(d.step), plural(n, "request")),
				Instead: "`option idle-close-on-response` lets it answer once more before it closes."}
		}
	}
	return Cause{}
}

// neverFlipped: the server that the traffic was to leave was in service to
// the end.
func neverFlipped(e *evidence) Cause {
	w, ok := e.notMoved(0)
	if !ok || len(e.deeds) == 0 || e.run.moves.old.Server == "" || !e.serving(w.From, e.run.last) {
		return Cause{}
	}
	return Cause{What: fmt.Sprintf("%s was in service to the end: no step took it out.", w.From),
		Instead: fmt.Sprintf("`maint: %s` moves its traffic to the others.", w.From)}
}

// rollbackForgotten: the traffic was to go back, and the server that it was
// to go back to was still out.
func rollbackForgotten(e *evidence) Cause {
	w, ok := e.notMoved(1)
	step := 0
	if ok {
		step = e.takenOut(w.To, e.run.last)
	}
	if step == 0 {
		return Cause{}
	}
	return Cause{Step: step, What: fmt.Sprintf("%s: %s was out from then to the end, so the traffic could not go back to it.", e.step(step), w.To),
		Instead: fmt.Sprintf("`ready: %s` is the way back.", w.To)}
}

// wrongWayRound: the server that the traffic was to leave never had any.
func wrongWayRound(e *evidence) Cause {
	w, ok := e.notMoved(0)
	m := e.run.moves
	if !ok || m.old.Server != "" || m.early == 0 || m.unnamed > 0 {
		return Cause{}
	}
	return Cause{What: fmt.Sprintf("%s answered from the start, and %s never did.", w.To, w.From),
		Instead: fmt.Sprintf("The switch is the other way round: `switch: {from: %s, to: %s}`.", w.To, w.From)}
}

// notMoved is the switch of this number, where it is the first that did not
// happen.
func (e *evidence) notMoved(i int) (Switch, bool) {
	m := e.run.moves
	if m.done != i || i >= len(m.switches) {
		return Switch{}, false
	}
	return m.switches[i], true
}

// tooFewProbes: no lane sends often enough for the gap that is allowed.
func tooFewProbes(e *evidence) Cause {
	limit, densest := e.run.scenario.Expect.MaxGap.D(), e.run.densest().D()
	if limit == 0 || densest <= limit || e.finding("coverage") == nil {
		return Cause{}
	}
	return Cause{What: fmt.Sprintf("The traffic sends once every %s at most, and a gap of %s is allowed.", densest, limit),
		Instead: fmt.Sprintf("`traffic: {new: {rate: %d}}` or more sees an outage of that length.", 2*int(time.Second/limit)+1)}
}
