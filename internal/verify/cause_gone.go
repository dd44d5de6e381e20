package verify

import (
	"fmt"
	"slices"

	"halab/internal/haproxy"
)

// gone tells a request that HAProxy sent to a server that was not there.
func (k lossKind) gone() bool { return k.state == "SC" || k.state == "SH" || k.state == "sC" }

// A server was ended while HAProxy sent to it. The three rules tell apart who
// made an end of it: the checks, nobody since they came too late, or nobody
// since there are none.

// noMaintenance: its checks took it out in the end.
func noMaintenance(e *evidence) Cause {
	d, h := e.endedInService()
	down, noticed := e.becomes(d.server, d.at, haproxy.Status.Down)
	if h.all == 0 || !noticed {
		return Cause{}
	}
	return Cause{Step: d.step, Instead: maintFirst(d.server),
		What: fmt.Sprintf("%s: %s went to %s when it was gone (%s), until its checks had noticed, %s later.", e.step(d.step), h, d.server, h.how(), round(down-d.at))}
}

// checksTooSlow: its checks never saw it.
func checksTooSlow(e *evidence) Cause {
	d, h := e.endedInService()
	if _, noticed := e.becomes(d.server, d.at, haproxy.Status.Down); h.all == 0 || noticed {
		return Cause{}
	}
	server := e.configured(d.server)
	if server == nil || !server.Check {
		return Cause{}
	}
	return Cause{Step: d.step, Instead: maintFirst(d.server),
		What: fmt.Sprintf("%s: %s went to %s when it was gone (%s), and its checks, one every %s, never saw that.", e.step(d.step), h, d.server, h.how(), server.InterD())}
}

// uncheckedServer: it has no check.
func uncheckedServer(e *evidence) Cause {
	d, h := e.endedInService()
	server := e.configured(d.server)
	if h.all == 0 || server == nil || server.Check {
		return Cause{}
	}
	return Cause{Step: d.step, Instead: fmt.Sprintf("`check` on it would have ended that in time, `maint: %s` before it at once.", d.server),
		What: fmt.Sprintf("%s: %s went to %s when it was gone (%s); it has no check, so HAProxy did not know.", e.step(d.step), h, d.server, h.how())}
}

func maintFirst(server string) string {
	return fmt.Sprintf("`maint: %s` before it would have moved them away first.", server)
}

// endedInService is the first deed that ended a server which HAProxy was
// sending to, with what that lost.
func (e *evidence) endedInService() (deed, haul) {
	for _, d := range e.deeds {
		if !d.ends || !e.serving(d.server, d.at) {
			continue
		}
		if h := e.sentAfter(d); h.all > 0 {
			return d, h
		}
	}
	return deed{}, haul{}
}

// sentAfter is what was sent to a server that a deed had ended. Where none of
// it found the server gone, what was cut was under way already.
func (e *evidence) sentAfter(d deed) haul {
	next := e.until(d, func(n deed) bool { return n.ends || n.kind == "ready" })
	h := e.lost(func(k lossKind) bool {
		return k.server == d.server && k.step >= d.step && k.step < next && k.gone()
	})
	if h.states["SC"]+h.states["sC"] == 0 {
		return haul{}
	}
	return h
}

// readyTooEarly: a server was put back whose nginx did not run.
func readyTooEarly(e *evidence) Cause {
	ended := map[string]bool{}
	for _, d := range e.deeds {
		switch {
		case d.ends:
			ended[d.server] = true
		case d.kind == "start", d.kind == "replace":
			delete(ended, d.server)
		case d.kind == "ready" && ended[d.server]:
			if h := e.sentAfter(d); h.all > 0 {
				return Cause{Step: d.step,
					What:    fmt.Sprintf("%s: %s went to %s (%s), whose nginx had been ended and not started again.", e.step(d.step), h, d.server, h.how()),
					Instead: fmt.Sprintf("`start: %s` comes before it: from `ready` on HAProxy sends at once, before its first check.", d.server)}
			}
		}
	}
	return Cause{}
}

// maskedByRetries: requests were answered only because HAProxy tried again.
func maskedByRetries(e *evidence) Cause {
	f := e.finding("nothing masked")
	if f == nil || f.Result != Fail {
		return Cause{}
	}
	for _, d := range slices.Backward(e.deeds) {
		if d.ends && d.at <= e.masked && e.serving(d.server, d.at) {
			return Cause{Step: d.step,
				What: fmt.Sprintf("%s: %s went to %s when it was gone, and %s answered only because HAProxy tried again elsewhere.",
					e.step(d.step), plural(f.Count, "request"), d.server, choose(f.Count, "was", "were")),
				Instead: fmt.Sprintf("Retries hide it until the next try fails as well; `maint: %s` before it leaves nothing to hide.", d.server)}
		}
	}
	return Cause{}
}

// pausedInService: a server hung while HAProxy sent to it.
func pausedInService(e *evidence) Cause {
	for _, d := range e.deeds {
		if d.kind != "pause" || !e.serving(d.server, d.at) {
			continue
		}
		next := e.until(d, func(n deed) bool { return n.ends || n.kind == "resume" })
		h := e.lost(func(k lossKind) bool {
			return k.server == d.server && k.step >= d.step && k.step < next && (k.state == "sH" || k.state == "sD" || k.state == "sC")
		})
		if h.all > 0 {
			return Cause{Step: d.step,
				What:    fmt.Sprintf("%s: %s waited for %s (%s), which hung with its connections open.", e.step(d.step), h, d.server, h.how()),
				Instead: fmt.Sprintf("`maint: %s` before it would have moved them away; HAProxy itself gives up only after timeout server.", d.server)}
		}
	}
	return Cause{}
}
