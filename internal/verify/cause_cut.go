package verify

import (
	"fmt"

	"halab/internal/history"
)

// cutStates are the log's states of what was cut under way.
const cutStates = "SD"

// termInFlight: a server's nginx was sent TERM while it was answering.
func termInFlight(e *evidence) Cause {
	return e.cut("stop", "nginx was sent TERM; QUIT would have let %s finish.")
}

func (e *evidence) cut(kind, instead string) Cause {
	for _, d := range e.deeds {
		if !d.ends || d.kind != kind {
			continue
		}
		next := e.until(d, func(n deed) bool { return n.ends })
		h := e.lost(func(k lossKind) bool {
			return k.server == d.server && k.step >= d.step && k.step < next && (k.state == cutStates || k.outcome == history.Truncated)
		})
		if h.all > 0 {
			return Cause{Step: d.step, What: fmt.Sprintf("%s: %s cut (SD, server died in the body).", e.step(d.step), h),
				Instead: fmt.Sprintf(instead, choose(h.all, "it", "them"))}
		}
	}
	return Cause{}
}
