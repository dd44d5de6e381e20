package verify

import (
	"fmt"

	"halab/internal/haproxy"
)

// gone tells a request that HAProxy sent to a server that was not there.
func (k lossKind) gone() bool { return k.state == "SC" || k.state == "SH" || k.state == "sC" }

// noMaintenance: a server was ended while HAProxy sent to it, until its checks
// took it out.
func noMaintenance(e *evidence) Cause {
	for _, d := range e.deeds {
		if !d.ends || !e.serving(d.server, d.at) {
			continue
		}
		h := e.sentAfter(d)
		down, noticed := e.becomes(d.server, d.at, haproxy.Status.Down)
		if h.all > 0 && noticed {
			return Cause{Step: d.step,
				What: fmt.Sprintf("%s: %s went to %s when it was gone (%s), until its checks had noticed %s later.",
					e.step(d.step), h, d.server, h.how(), round(down-d.at)),
				Instead: fmt.Sprintf("`maint: %s` before it would have moved them away first.", d.server)}
		}
	}
	return Cause{}
}

// sentAfter is what was sent to a server that a deed had ended.
func (e *evidence) sentAfter(d deed) haul {
	next := e.until(d, func(n deed) bool { return n.ends })
	return e.lost(func(k lossKind) bool {
		return k.server == d.server && k.step >= d.step && k.step < next && k.gone()
	})
}
