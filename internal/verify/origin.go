package verify

import (
	"fmt"

	"halab/internal/history"
)

// origin is invariant 11: where the failures came from, the proxy or a
// server. The proxy's is whatever it answered by itself: no server took the
// request (SC, sC, SQ, sQ) or none had begun an answer (SH, sH). A server's is
// its own 5xx, and an answer that it began and did not end (SD, sD). It decides
// nothing: that something was lost is told by loss.
type origin struct {
	run    *run
	counts map[string]int64
}

func newOrigin(r *run) *origin { return &origin{run: r, counts: map[string]int64{}} }

func (o *origin) observe(e history.Event) {
	if r, ok := e.(*history.Request); ok && o.run.class(r) == lost {
		o.counts[whence(r)]++
	}
}

// whence reads the origin of a lost request off its log line, or off what the
// client saw where there is none.
func whence(r *history.Request) string {
	if r.Log == nil {
		switch {
		case r.Outcome == history.Server5xx:
			return "server"
		case r.Conn == 0:
			return "proxy (not reached)"
		}
		return "unknown (no log line)"
	}
	switch state := string(r.Log.State) + "--"; state[0] {
	case '-':
		switch {
		case r.Outcome == history.Server5xx || r.Outcome == history.BadStatus:
			return "server"
		case r.Outcome == history.OK:
			return "server (a wrong answer)"
		}
		return "unknown (HAProxy logged a normal end)"
	case 'S', 's':
		if phase := state[1]; phase == 'D' || phase == 'L' {
			return "server (" + r.Log.State.Explain() + ")"
		}
	case 'C', 'c':
		return "client"
	}
	return "proxy (" + r.Log.State.Explain() + ")"
}

func (o *origin) findings() []Finding {
	if len(o.counts) == 0 {
		return nil
	}
	var n int64
	for _, c := range o.counts {
		n += c
	}
	return []Finding{{Invariant: "origin", Result: Pass, Count: n, Text: fmt.Sprintf("the losses came from: %s", causes(o.counts))}}
}
