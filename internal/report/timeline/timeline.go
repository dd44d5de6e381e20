// Package timeline owns the picture of a run: it goes through a history once
// and keeps what can be drawn of it, in memory that does not grow with the
// run's length.
//
// It adds up and never decides: which requests are lost is told by the
// verdict. What cannot be drawn one by one is put into bins; what was lost is
// not.
package timeline

import (
	"errors"
	"fmt"
	"io"
	"sort"

	"halab/internal/history"
	"halab/internal/verify"
)

// Timeline is what a history shows over its length.
type Timeline struct {
	Length  history.Micros
	Halab   string // the version of halab that ran it
	YAML    string // the scenario, whole
	Notes   []string
	Error   string // why the run was not carried through; "" when it was
	Strips  []*Strip
	Keys    []Key
	States  []ServerRow
	Marks   []Mark // in the order of time
	Kinds   []string
	Unshown int64 // marks beyond MaxMarks: counted in the bins alone

	edges  []history.Micros // of the bins, one more than bins; nil: every request is kept
	listed map[string]int   // the verdict's lost requests by id
	more   bool             // the verdict lists fewer than were lost
	strips map[string]*Strip
	keys   map[Key]int
	kinds  map[string]int
	states map[string]int
	window focus
}

// Key is who answered: a server and the Server header that it showed.
type Key struct{ Server, Header string }

// maxKeys is how many are told apart; the rest share the last one.
const maxKeys = 8

// MaxDots is up to how many requests a run is kept request by request.
const MaxDots = 20_000

// MaxMarks is how many lost, stale, unsent and retried requests are kept one
// by one.
const MaxMarks = 100_000

// maxSegments bounds the states kept of one server.
const maxSegments = 2000

// Class is what a mark stands for.
type Class int

// The classes of marks. Other is what is neither answered well nor lost by
// the verdict.
const (
	Lost Class = iota
	Stale
	Unsent
	Retried
	Other
	classes = iota
)

// Mark is one request that is shown by itself.
type Mark struct {
	At     history.Micros // of a lost request when it was lost (verify.LostAt), of any other its send
	Sent   history.Micros
	Lane   int
	Class  Class
	Kind   int // index of Kinds
	Listed int // index of the verdict's Lost; -1: not listed there
}

// Collect reads a history to its end, or to the cut of one that was cut.
// Lines that are none of halab's are passed over, as the verdict does.
func Collect(v *verify.Verdict, src verify.Source) (*Timeline, error) {
	t := newTimeline(v)
	for {
		e, err := src.Next()
		var foreign *history.Error
		switch {
		case err == nil:
			t.observe(e)
		case errors.Is(err, io.EOF), errors.Is(err, history.ErrCut):
			t.finish()
			return t, nil
		case errors.As(err, &foreign):
		default:
			return nil, fmt.Errorf("read the history: %w", err)
		}
	}
}

func newTimeline(v *verify.Verdict) *Timeline {
	t := &Timeline{
		Length: max(v.Length, 1), listed: map[string]int{}, more: v.LostAll > int64(len(v.Lost)),
		strips: map[string]*Strip{}, keys: map[Key]int{}, kinds: map[string]int{}, states: map[string]int{},
		window: focusOf(v),
	}
	var sent int64
	for i := range v.Lanes {
		sent += v.Lanes[i].Sent + v.Lanes[i].Unsent
	}
	if sent > MaxDots {
		t.edges = edges(t.Length, t.window)
	}
	for i := range v.Lanes {
		t.strip(v.Lanes[i].Name).Interval = v.Lanes[i].Interval
	}
	for i := range v.Lost {
		t.listed[v.Lost[i].ID] = i
	}
	return t
}

func (t *Timeline) strip(lane string) *Strip {
	s := t.strips[lane]
	if s == nil {
		s = &Strip{Lane: lane, index: len(t.Strips)}
		if t.edges != nil {
			s.bins = make([]bin, len(t.edges)-1)
		}
		t.strips[lane] = s
		t.Strips = append(t.Strips, s)
	}
	return s
}

func (t *Timeline) observe(e history.Event) {
	switch e := e.(type) {
	case *history.Header:
		t.Halab, t.YAML = e.Halab, e.Scenario
	case *history.Request:
		t.request(e)
	case *history.ServerState:
		t.state(e)
	case *history.Note:
		if len(t.Notes) < maxSegments {
			t.Notes = append(t.Notes, e.Text)
		}
	case *history.End:
		t.Error = e.Error
	}
}

func (t *Timeline) request(r *history.Request) {
	s := t.strip(r.Lane)
	at := r.Began()
	class, kind, marked := t.classify(r)
	if marked {
		shown := at
		if class == Lost || class == Other {
			shown = verify.LostAt(r)
		}
		t.mark(s, Mark{At: shown, Sent: at, Lane: s.index, Class: class, Kind: t.kind(kind), Listed: t.index(r)})
	}
	if r.Outcome == history.Unsent {
		return
	}
	d := dot{at: at, took: -1, key: -1}
	if r.Outcome == history.OK && r.Class() != history.StreamLane {
		d.took = max(r.Done-r.Intended, 1)
	}
	if r.Header != "" || r.Server != "" {
		d.key = t.key(Key{r.Server, r.Header})
	}
	s.add(t, d)
}

func (t *Timeline) index(r *history.Request) int {
	if i, ok := t.listed[r.ID]; ok {
		return i
	}
	return -1
}

// classify says whether a request is shown by itself, and as what. The
// outcomes are read only where the verdict does not list the request.
func (t *Timeline) classify(r *history.Request) (Class, string, bool) {
	kind := string(r.Outcome)
	if r.Status != 0 && r.Outcome != history.OK {
		kind += fmt.Sprintf(" %d", r.Status)
	}
	_, lost := t.listed[r.ID]
	switch {
	case lost && r.Outcome == history.OK:
		return Lost, "unknown version", true
	case lost:
		return Lost, kind, true
	case r.Outcome == history.OK && r.Log != nil && (r.Log.Retries > 0 || r.Log.Redispatched):
		if r.Log.Redispatched {
			return Retried, "answered after a redispatch", true
		}
		return Retried, "answered after a retry", true
	case r.Outcome == history.OK:
		return 0, "", false
	case r.Outcome == history.Stale:
		return Stale, kind, true
	case r.Outcome == history.Unsent:
		return Unsent, kind, true
	case t.more:
		return Lost, kind, true
	}
	return Other, kind, true
}

func (t *Timeline) mark(s *Strip, m Mark) {
	if len(t.Marks) < MaxMarks || m.Listed >= 0 {
		t.Marks = append(t.Marks, m)
		return
	}
	t.Unshown++
	s.crowd(t, m)
}

func (t *Timeline) kind(name string) int {
	i, ok := t.kinds[name]
	if !ok {
		i = len(t.Kinds)
		t.kinds[name] = i
		t.Kinds = append(t.Kinds, name)
	}
	return i
}

func (t *Timeline) key(k Key) int {
	i, ok := t.keys[k]
	switch {
	case ok:
		return i
	case len(t.Keys) == maxKeys:
		return maxKeys - 1
	case len(t.Keys) == maxKeys-1:
		k = Key{Header: "others"}
	}
	i = len(t.Keys)
	t.keys[k] = i
	t.Keys = append(t.Keys, k)
	return i
}

func (t *Timeline) finish() {
	sort.SliceStable(t.Marks, func(i, j int) bool { return t.Marks[i].At < t.Marks[j].At })
	for _, s := range t.Strips {
		sort.SliceStable(s.dots, func(i, j int) bool { return s.dots[i].at < s.dots[j].at })
		if n := len(s.dots); n > 0 {
			t.Length = max(t.Length, s.dots[n-1].at)
		}
	}
	if n := len(t.Marks); n > 0 {
		t.Length = max(t.Length, t.Marks[n-1].At)
	}
	for i := range t.States {
		t.States[i].close(t.Length)
	}
}
