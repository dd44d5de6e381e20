package verify

import (
	"cmp"
	"math"
	"slices"
	"time"

	"halab/internal/history"
)

// Each stream is one request that may last as long as the run.
//
// It takes its place in the history where it ended: to hold back
// everything that began after it would take the memory of the whole run. So
// the rules that go by the time at which a request was sent look at a stream
// when they know what came between.

// stream is the event as a stream, nil when it is none.
func stream(e history.Event) *history.Request {
	if r, ok := e.(*history.Request); ok && r.Class() == history.StreamLane {
		return r
	}
	return nil
}

// took is how long a request took; a stream, until it was open.
func took(r *history.Request) history.Micros {
	if r.Class() == history.StreamLane {
		return answeredAt(r) - began(r)
	}
	return r.Done - began(r)
}

// densest is the shortest interval of the lanes that send: an open stream
// does not tell whether another one could be opened, so it counts only where
// there is nothing else.
func (r *run) densest() history.Micros {
	densest := history.M(time.Hour)
	holds := func(l history.Lane) bool { return history.LaneClass(l.Name) == history.StreamLane }
	sends := slices.ContainsFunc(r.header.Lanes, func(l history.Lane) bool { return !holds(l) })
	for _, l := range r.header.Lanes {
		if !holds(l) || !sends {
			densest = min(densest, l.Interval)
		}
	}
	return densest
}

// lives are the times in which streams were held.
type lives struct {
	spans []life
	// apart is how near the next one has to begin for the two to be one: a
	// lost stream is opened again with the next message.
	apart history.Micros
}

type life struct{ began, done history.Micros }

// mergeFrom is how many lives are kept before they are merged.
const mergeFrom = 4096

func (l *lives) add(r *history.Request) {
	if len(l.spans) >= mergeFrom && len(l.spans) == cap(l.spans) {
		l.merge()
	}
	l.spans = append(l.spans, life{began(r), r.Done})
}

// merge puts them in order and makes one of those between which there is no
// gap.
func (l *lives) merge() {
	slices.SortFunc(l.spans, func(a, b life) int { return cmp.Compare(a.began, b.began) })
	merged := l.spans[:0]
	for _, s := range l.spans {
		if n := len(merged); n > 0 && s.began <= merged[n-1].done+l.apart {
			merged[n-1].done = max(merged[n-1].done, s.done)
			continue
		}
		merged = append(merged, s)
	}
	l.spans = merged
}

// lived measures the times in which no stream was held. While one is, there
// is a message each interval.
func (l *covered) lived(h *lives) {
	h.merge()
	for _, s := range h.spans {
		l.probed(s.began)
		l.last = max(l.last, s.done)
	}
	l.largest = max(l.largest, h.apart)
}

// stream looks at a stream that has ended. A stream stays at the server that
// it was opened at; so it shows which way the traffic went then, and how long
// a server that was left still spoke.
func (m *moves) stream(r *history.Request) {
	at, opened := 0, began(r)
	for at < m.done && m.switches[at].FirstNew <= opened {
		at++
	}
	next := at < len(m.switches) && r.Server == m.path[at+1]
	switch {
	case r.Server == "" || r.Server == m.path[at]:
	case next && answeredAt(r) >= m.commandOf(at):
	case at > 0 && r.Server == m.path[at-1]:
		m.switches[at-1].late(r)
	case next:
		if m.early == 0 {
			m.first = opened
		}
		m.early++
	default:
		m.astray[r.Server]++
	}
	for i := range m.switches[:m.done] {
		if w := &m.switches[i]; w.From == r.Server && opened < w.FirstNew {
			w.OldTail = max(w.OldTail, r.Done)
		}
	}
}

// commandOf is the command of the switch from path[at], as far as it is known.
func (m *moves) commandOf(at int) history.Micros {
	switch {
	case at < m.done:
		return m.switches[at].Command
	case m.mover != nil:
		return m.mover.first.at
	}
	return math.MaxInt64
}

// stream counts a stream that has ended with the commands that came while it
// was open.
func (f *inFlight) stream(r *history.Request) {
	s := f.flying(r)
	for i := range f.acts {
		if a := &f.acts[i]; r.Sent > 0 && a.at >= s.began && a.at < s.done {
			a.under++
			if s.lost && s.mayBreak(a.at) {
				s.act = f.blame(s.act, i+1, s.server)
			}
		}
	}
}
