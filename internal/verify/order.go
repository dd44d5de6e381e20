package verify

import (
	"math"
	"slices"
	"sort"
	"time"

	"halab/internal/history"
)

// order puts events into the order in which they began. A history is written
// in the order in which things ended, and a request may end up to its timeout
// after a later one began; so it holds back what began less than that ago,
// which bounds its memory by the rate and the timeout, not by the length of
// the run. What comes later still is counted: it is out of its place.
type order struct {
	window history.Micros
	out    func(history.Event)
	held   []held // by when they began; those before first are gone
	first  int
	latest history.Micros
	given  history.Micros // when the latest request or step that was handed on began
	late   int64          // those that came after a later one was handed on
}

// slack is added to the timeout: an outcome is written a moment after it is
// known, once HAProxy's log line of it has come or is given up.
const slack = 6 * time.Second

func newOrder(timeout time.Duration, out func(history.Event)) *order {
	return &order{window: history.M(timeout + slack), out: out, given: math.MinInt64}
}

func (o *order) add(e history.Event) {
	began, ended := span(e)
	o.insert(held{began, e})
	o.latest = max(o.latest, ended)
	for o.first < len(o.held) && o.held[o.first].began <= o.latest-o.window {
		o.give()
	}
}

// insert puts an event behind those that began no later. Most come in order,
// so the place is nearly always the end.
func (o *order) insert(h held) {
	if o.first > len(o.held)/2 && o.first > compactFrom {
		o.held = append(o.held[:0], o.held[o.first:]...)
		o.first = 0
	}
	n := len(o.held)
	if n == o.first || o.held[n-1].began <= h.began {
		o.held = append(o.held, h)
		return
	}
	waiting := o.held[o.first:]
	at := sort.Search(len(waiting), func(i int) bool { return waiting[i].began > h.began })
	o.held = slices.Insert(o.held, o.first+at, h)
}

// compactFrom is how many events have to be gone before those that are left
// are moved to the front.
const compactFrom = 1024

func (o *order) give() {
	next := o.held[o.first]
	o.held[o.first].event = nil
	o.first++
	switch next.event.(type) {
	case *history.Request, *history.Step:
		if next.began < o.given {
			o.late++
		}
		o.given = max(o.given, next.began)
	}
	o.out(next.event)
}

func (o *order) flush() {
	for o.first < len(o.held) {
		o.give()
	}
}

// span is when an event began and ended.
func span(e history.Event) (history.Micros, history.Micros) {
	switch e := e.(type) {
	case *history.Request:
		if e.Class() == history.StreamLane {
			return e.Done, e.Done
		}
		return began(e), e.Done
	case *history.Step:
		return e.At, e.At
	case *history.ServerState:
		return e.At, e.At
	case *history.FrontendState:
		return e.At, e.At
	case *history.Program:
		return e.At, e.At
	case *history.Host:
		return e.At, e.At
	case *history.Message:
		return e.At, e.At
	case *history.Counters:
		return e.At, e.At
	case *history.LogLine:
		return e.At, e.At
	case *history.Note:
		return e.At, e.At
	case *history.End:
		return e.At, e.At
	}
	return 0, 0
}

type held struct {
	began history.Micros
	event history.Event
}
