package verify

import (
	"fmt"

	"halab/internal/history"
)

// patchy finds the time in which losses and answers alternated: one of several
// servers is dead, and HAProxy sends to each in turn. Each outage of it is as
// short as a request, and what its clients saw was not.
type patchy struct{ now, worst patch }

// patch is a time in which some requests were lost and some answered.
type patch struct {
	from, to    history.Micros // the first loss and the last
	lost, holes int64          // requests lost, and runs of them
	answered    int64          // between the first loss and the last
	by          string         // the server that answered those; "" where there were several

	since int64 // requests answered since the last loss
	next  string
}

// turn is how many requests one after the other are answered where losses still
// alternate: more mean that they came to an end.
const turn = 8

// add takes a request of a lane, which are in the order in which they were sent.
func (p *patchy) add(r *history.Request, bad bool) {
	n := &p.now
	switch {
	case bad:
		if n.lost == 0 {
			n.from = began(r)
		}
		if n.since > 0 || n.lost == 0 {
			n.holes++
		}
		if n.since > 0 {
			n.by = same(n.by, n.next, n.answered)
		}
		n.answered, n.since, n.next = n.answered+n.since, 0, ""
		n.lost++
		n.to = began(r)
	case n.lost == 0:
	case n.since == turn:
		p.close()
	default:
		n.next = same(n.next, r.Server, n.since)
		n.since++
	}
}

// same is the one that all were, n of them before this one; "" where they were
// several.
func same(all, one string, n int64) string {
	if n > 0 && all != one {
		return ""
	}
	return one
}

// close ends the patch that goes on.
func (p *patchy) close() {
	if p.now.lost > 0 && p.now.to-p.now.from >= p.worst.to-p.worst.from {
		p.worst = p.now
	}
	p.now = patch{}
}

func (p *patch) String() string {
	text := fmt.Sprintf("losses and answers alternated from %s to %s: %d of %s lost", at(p.from), at(p.to), p.lost, plural(p.lost+p.answered, "request"))
	if p.by != "" {
		text += ", every other one answered by " + p.by
	}
	return text
}
