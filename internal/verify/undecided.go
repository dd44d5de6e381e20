package verify

import (
	"fmt"

	"halab/internal/history"
)

// unclear is invariant 2: a request of which nobody can know whether it was
// carried out is not failed, and neither is it passed.
type unclear struct {
	run         *run
	count       int64
	first, last history.Micros
}

func newUnclear(r *run) *unclear { return &unclear{run: r} }

func (u *unclear) observe(e history.Event) {
	r, ok := e.(*history.Request)
	if !ok || u.run.class(r) != undecided {
		return
	}
	if u.count == 0 {
		u.first = when(r)
	}
	u.count++
	u.last = when(r)
}

func (u *unclear) findings() []Finding {
	if u.count == 0 {
		return nil
	}
	f := Finding{Invariant: "decided", Lane: uploadLane, Result: Inconclusive, Count: u.count, First: u.first, Last: u.last,
		Text: fmt.Sprintf("%s without a whole answer: whether %s carried out cannot be known", plural(u.count, "upload")+" ended", choose(u.count, "it was", "they were"))}
	f.locate(u.run, u.first)
	return []Finding{f}
}
