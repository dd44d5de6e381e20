package verify

import (
	"fmt"
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
	// most is how many events are held at most, mostRare of them such as are no
	// requests or sessions.
	most, mostRare int64
	out            func(history.Event)
	held           []held // by when they began; those before first are gone
	first          int
	latest         history.Micros
	given          history.Micros // when the latest request or step that was handed on began
	late           int64          // those that came after a later one was handed on
	rare           int            // of held, those that are no requests or sessions
}

// slack is added to the timeout: an outcome is written a moment after it is
// known, once HAProxy's log line of it has come or is given up.
const slack = 6 * time.Second

func newOrder(timeout time.Duration, lanes []history.Lane, out func(history.Event)) *order {
	window := history.M(timeout + slack)
	o := &order{window: window, out: out, given: math.MinInt64}
	o.mostRare = max(maxRare, int64(float64(maxRare)*float64(window)/float64(usual)))
	var sent float64
	for _, l := range lanes {
		sent += float64(window) / float64(max(l.Interval, shortest))
	}
	o.most = max(maxHeld, int64(2*sent)+o.mostRare)
	return o
}

func (o *order) add(e history.Event) error {
	began, ended := span(e)
	o.insert(held{began, e})
	if isRare(e) {
		o.rare++
	}
	o.latest = max(o.latest, ended)
	for o.first < len(o.held) && o.held[o.first].began <= o.latest-o.window {
		o.give()
	}
	within := func(what string, n int, most int64) error {
		if int64(n) <= most {
			return nil
		}
		return &history.BoundError{What: fmt.Sprintf("%s within %s", what, o.window), Most: most}
	}
	if err := within("events other than requests", o.rare, o.mostRare); err != nil {
		return err
	}
	return within("events", len(o.held)-o.first, o.most)
}

// maxHeld is more events than any run has within the usual window, that of the
// default timeout: five lanes of 20,000 requests a second. maxRare is that of
// the others, ten looks a second at a thousand servers. A longer window has room
// for more of both: for twice what its lanes send in it, since a session in mode
// tcp is an event of its own.
const (
	maxHeld = 2_000_000
	maxRare = 200_000
	usual   = history.Micros((10*time.Second + slack) / time.Microsecond)
)

// shortest is the least interval of a lane that a scenario may ask for.
const shortest = history.Micros(50)

// isRare reports whether an event is none of those that come with the traffic.
func isRare(e history.Event) bool {
	switch e.(type) {
	case *history.Request, *history.LogLine:
		return false
	}
	return true
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
	if isRare(next.event) {
		o.rare--
	}
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
