package verify

import (
	"fmt"
	"slices"

	"halab/internal/haproxy"
	"halab/internal/history"
)

// The causes here are for what a command of the user's did, which no kind of
// step tells: it is what was seen.

// restarted: HAProxy was stopped and started, and in between nothing listened.
func restarted(e *evidence) Cause {
	for _, d := range e.deeds {
		if !d.takeover || !d.seen || d.kind != restartDeed {
			continue
		}
		h := e.lost(func(k lossKind) bool {
			return k.step >= d.step && (k.outcome == history.Refused || k.outcome == history.Reset || k.outcome == history.Closed || k.outcome == history.Truncated)
		})
		if h.all > 0 {
			return Cause{Step: d.step, What: fmt.Sprintf("%s: HAProxy was stopped and started again; %s found no one listening, or lost the connection.", e.step(d.step), h),
				Instead: "A reload hands the listening sockets over: the new process takes them, and the old one finishes what it has."}
		}
	}
	return Cause{}
}

// frontendDisabled: a frontend was told to stop listening.
func frontendDisabled(e *evidence) Cause {
	for _, d := range e.deeds {
		if d.kind != frontendDeed {
			continue
		}
		if h := e.lost(func(k lossKind) bool { return k.step == d.step && k.outcome == history.Refused }); h.all > 0 {
			return Cause{Step: d.step, What: fmt.Sprintf("%s: it disabled the frontend %s; %s found no one listening there.", e.step(d.step), d.frontend, h),
				Instead: "A server is taken out by `maint` or `drain`; a frontend that is disabled refuses every client."}
		}
	}
	return Cause{}
}

// movedAway: HAProxy was told another address for a server, or of a server more,
// and nothing answers there.
func movedAway(e *evidence) Cause {
	for _, d := range e.deeds {
		if d.kind != addressDeed {
			continue
		}
		if h := e.lost(func(k lossKind) bool { return k.server == d.server && k.step >= d.step && k.gone() }); h.all > 0 {
			told := "another address for " + d.server
			if e.configured(d.server) == nil {
				told = "of a server more, " + d.server
			}
			return Cause{Step: d.step, What: fmt.Sprintf("%s: HAProxy was told %s, and %s found no one listening there (%s), while HAProxy took the server for up.", e.step(d.step), told, h, h.how()),
				Instead: fmt.Sprintf("`maint: %s` before it, and `expect: {server: %s, state: UP}` after `ready`, send no request to an address that was not checked.", d.server, d.server)}
		}
	}
	return Cause{}
}

// refusedWhileUp: a server refused what HAProxy sent there while its checks said
// that it was up, and neither its program nor its address tells why.
func refusedWhileUp(e *evidence) Cause {
	for _, d := range e.deeds {
		if !d.any {
			continue
		}
		for _, ref := range e.run.scenario.ServerRefs() {
			server := ref.String()
			if e.explained(server) || !e.statusAt(server, d.at).Serving() || e.takenOut(server, d.at+1) > 0 {
				continue
			}
			h := e.lost(func(k lossKind) bool { return k.server == server && k.step == d.step && k.state == "SC" })
			if h.all > 0 {
				return Cause{Step: d.step, What: fmt.Sprintf("%s: %s refused %s (SC) while HAProxy took it for up; its program had not ended.", e.step(d.step), server, h),
					Instead: fmt.Sprintf("`maint: %s` before a change of its configuration, and `expect: {server: %s, state: UP}` after `ready`, send it nothing meanwhile.", server, server)}
			}
		}
	}
	return Cause{}
}

// explained reports whether a server's program was ended or its address
// changed.
func (e *evidence) explained(server string) bool {
	return slices.ContainsFunc(e.deeds, func(d deed) bool { return d.server == server && (d.ends || d.kind == addressDeed) })
}

// noServerLeft: by HAProxy's own word a backend had no server, and no other
// cause says why.
func noServerLeft(e *evidence) Cause {
	f := e.finding(AvailableName)
	if f == nil || f.Result != Fail || f.Step == 0 {
		return Cause{}
	}
	for _, rule := range []func(*evidence) Cause{allOut, backupOut, flipBeforeUp, weightZero} {
		if rule(e).What != "" {
			return Cause{}
		}
	}
	return Cause{Step: f.Step, What: fmt.Sprintf("%s: %s.", e.step(f.Step), f.Text),
		Instead: "Each server is back and UP before the next one is taken out, so that one of them always answers."}
}

// deedOf is the kind of deed by which a server came into a state; "" where
// there is none.
func deedOf(to haproxy.Status) string {
	switch {
	case to.Maint():
		return "maint"
	case to.Draining():
		return "drain"
	case to.Serving():
		return "ready"
	}
	return ""
}
