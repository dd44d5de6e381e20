package verify

import (
	"fmt"
	"strings"

	"halab/internal/history"
)

// killInFlight: a server's nginx was killed while it was answering.
func killInFlight(e *evidence) Cause {
	return e.cut("kill", "nginx was sent KILL; QUIT would have let %s finish.")
}

// termInFlight: a server's nginx was sent TERM while it was answering.
func termInFlight(e *evidence) Cause {
	return e.cut("stop", "nginx was sent TERM; QUIT would have let %s finish.")
}

func (e *evidence) cut(kind, instead string) Cause {
	for _, d := range e.deeds {
		if !d.ends || d.kind != kind {
			continue
		}
		next := e.until(d, func(n deed) bool { return n.ends || n.kind == "start" })
		h := e.lost(func(k lossKind) bool {
			return k.server == d.server && k.step >= d.step && k.step < next && (k.state == "SD" || k.outcome == history.Truncated)
		})
		if h.all > 0 {
			how := ""
			if h.states["SD"] > 0 { // in mode tcp no log line tells of a request
				how = " (SD, server died in the body)"
			}
			return Cause{Step: d.step, What: fmt.Sprintf("%s: %s cut%s.", e.step(d.step), h, how),
				Instead: fmt.Sprintf(instead, choose(h.all, "it", "them"))}
		}
	}
	return Cause{}
}

// shutdownSessions: HAProxy itself closed what a server was answering when
// that was marked down (termination states D-).
func shutdownSessions(e *evidence) Cause {
	for _, d := range e.deeds {
		if server := e.configured(d.server); server == nil || server.OnMarkedDown == "" {
			continue
		}
		h := e.lost(func(k lossKind) bool {
			return k.server == d.server && k.step == d.step && strings.HasPrefix(k.state, "D")
		})
		if h.all > 0 {
			return Cause{Step: d.step,
				What:    fmt.Sprintf("%s: %s cut by HAProxy (%s), which on-marked-down shutdown-sessions of %s asks for.", e.step(d.step), h, h.how(), d.server),
				Instead: fmt.Sprintf("Without it, or after `drain: %s` and a wait for its last session, %s would have finished.", d.server, choose(h.all, "it", "they"))}
		}
	}
	return Cause{}
}

// notDrained: a server was ended with sessions left, and it went well, this
// time.
func notDrained(e *evidence) Cause {
	f := e.finding(DrainedName)
	if f == nil || e.lost(func(k lossKind) bool { return k.step == f.Step }).all > 0 {
		return Cause{}
	}
	for _, d := range e.deeds {
		if d.step == f.Step && d.ends && !e.serving(d.server, d.at) {
			return Cause{Step: f.Step,
				What:    fmt.Sprintf("%s: %s still had %s, and nobody waited for %s.", e.step(f.Step), d.server, plural(f.Count, "session"), choose(f.Count, "it", "them")),
				Instead: fmt.Sprintf("`expect: {server: %s, sessions: 0}` before it waits until the last one has ended.", d.server)}
		}
	}
	return Cause{}
}
