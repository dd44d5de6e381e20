package verify

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"halab/internal/history"
)

// out is what comes out of an order with a timeout of a second.
func out(in ...history.Event) ([]history.Event, int64) {
	var got []history.Event
	o := newOrder(1000*ms.D(), nil, func(e history.Event) { got = append(got, e) })
	for _, e := range in {
		if err := o.add(e); err != nil {
			panic(err)
		}
	}
	o.flush()
	return got, o.late
}

func req(sent, done history.Micros) *request {
	return &request{ID: fmt.Sprintf("new-%d", sent/ms), Lane: "new", Intended: sent, Sent: sent, Done: done}
}

func TestOrder(t *testing.T) {
	window := history.M(1000*ms.D() + slack)
	slow := req(1*ms, window)
	tooSlow := req(1*ms, 2*window)
	command := &history.Step{At: 5 * ms, Phase: history.Command}
	for _, c := range []struct {
		name  string
		in    []history.Event
		first history.Event
		late  int64
	}{
		{"as they are sent", []history.Event{req(1*ms, 2*ms), req(2*ms, 3*ms)}, nil, 0},
		{"a slow one comes to its place", []history.Event{req(2*ms, 3*ms), req(window/2, window/2+ms), slow}, slow, 0},
		{"a slower one cannot", []history.Event{req(2*ms, 3*ms), req(window+10*ms, window+11*ms), req(2*window-ms, 2*window), tooSlow}, nil, 1},
		{"a step among them", []history.Event{command, req(2*ms, 6*ms), req(6*ms, 7*ms)}, nil, 0},
		{"a time that is nonsense", []history.Event{req(1*ms, 1<<62), req(2*ms, 3*ms), req(1*ms, 2*ms)}, nil, 1},
		{"times that go backwards", []history.Event{req(9*window, 9*window), req(1*ms, 2*ms)}, nil, 0},
		{"a negative time", []history.Event{req(2*ms, 3*ms), req(-5*ms, -4*ms)}, nil, 0},
	} {
		got, late := out(c.in...)
		if len(got) != len(c.in) || late != c.late || c.first != nil && got[0] != c.first {
			t.Errorf("%s: %d of %d came out, %d late, the first %+v", c.name, len(got), len(c.in), late, got[0])
		}
		if sorted := slices.IsSortedFunc(got, func(a, b history.Event) int { x, _ := span(a); y, _ := span(b); return int(x - y) }); sorted != (late == 0) {
			t.Errorf("%s: sorted %v, %d late", c.name, sorted, late)
		}
	}
}

// Events of the same moment keep the order of the file.
func TestOrderIsStable(t *testing.T) {
	var in []history.Event
	for i := range 50 {
		in = append(in, &history.Step{At: 7 * ms, Index: i})
	}
	if got, _ := out(in...); !slices.Equal(got, in) {
		t.Error("changed")
	}
}

// finish has a request end later by that, and its record come last.
func finish(by history.Micros) func([]history.Event) []history.Event {
	return func(all []history.Event) []history.Event {
		i := slices.IndexFunc(all, func(e history.Event) bool { r, ok := e.(*request); return ok && r.ID == "new-50" })
		r := all[i].(*request)
		r.Done, r.First = r.Done+by, r.First+by
		all = slices.Delete(all, i, i+1)
		return slices.Insert(all, len(all)-2, history.Event(r))
	}
}

// outOfPlace has it come later than its timeout allows.
func outOfPlace(all []history.Event) []history.Event {
	for _, e := range all {
		if r, ok := e.(*request); ok && r.ID == "poll-5" {
			r.Done, r.Log.Arrived = r.Done+60_000*ms, r.Sent
		}
	}
	return finish(1400 * ms)(all)
}

// A slow answer of the old server, written long after the switch, was sent
// before it; one that waited longer than the timeout makes the run doubtful.
func TestLateCompletion(t *testing.T) {
	runCases(t, []verdictCase{
		{"a slow answer of the old server", build{expect: "latency: {max: 2s}", events: finish(1400 * ms)}, Pass, "switch", "2ms after the command"},
		{"out of its place", build{expect: "latency: {max: 2m}", events: outOfPlace}, Inconclusive, "record", "1 event of the history is far out of order"},
	})
}

// What is held back is bounded, and what is handed on makes room.
func TestOrderIsBounded(t *testing.T) {
	o := newOrder(time.Second, nil, func(history.Event) {})
	var err error
	n := 0
	for ; err == nil && n < 2*maxRare; n++ {
		err = o.add(&history.ServerState{At: 5 * ms})
	}
	if want := "more than 200000 events other than requests within 7s"; err == nil || n != maxRare+1 || !strings.Contains(err.Error(), want) {
		t.Errorf("after %d: %v, want %q", n, err, want)
	}
	o = newOrder(time.Second, nil, func(history.Event) {})
	for n := range 2 * maxRare {
		if err := o.add(&history.ServerState{At: history.Micros(n) * ms}); err != nil {
			t.Fatal(err)
		}
	}
	if o.rare > 10_000 {
		t.Errorf("%d are held", o.rare)
	}
}

// A run with a long timeout has room for what its lanes send in it, and for the
// looks at its servers; one without such lanes has not.
func TestOrderHasRoomForALongTimeout(t *testing.T) {
	lanes := []history.Lane{{Name: "new", Interval: 500}, {Name: "kept", Interval: 500}}
	for _, c := range []struct {
		name    string
		timeout time.Duration
		lanes   []history.Lane
		events  int64
		more    bool
	}{
		{"two lanes of 2,000 a second", 10 * time.Minute, lanes, 2 * 2000 * 606, true},
		{"and their sessions", 10 * time.Minute, lanes, 2 * 2 * 2000 * 606, true},
		{"far more than that", 10 * time.Minute, lanes, 8 * 2 * 2000 * 606, false},
		{"a short one", time.Second, lanes, maxHeld, true},
		{"more than that", time.Second, lanes, maxHeld + 1, false},
		{"a lane that sends all the time", time.Second, []history.Lane{{Name: "new"}}, maxHeld + 1, false},
	} {
		if o := newOrder(c.timeout, c.lanes, nil); (c.events <= o.most) != c.more {
			t.Errorf("%s: at most %d are held, %d may be: %t", c.name, o.most, c.events, c.more)
		}
	}
	if o := newOrder(10*time.Minute, nil, nil); o.mostRare < 1000*606 {
		t.Errorf("at most %d looks are held", o.mostRare)
	}
	o := newOrder(10*time.Minute, lanes, func(history.Event) {})
	var again request // what is held of it is when it began
	for range maxHeld + 1 {
		if err := o.add(&again); err != nil {
			t.Fatal(err)
		}
	}
}

// The same change of state in any number is counted, and not kept.
func TestStraysAreBounded(t *testing.T) {
	const changes = 5000
	var more []*history.ServerState
	for n := range changes {
		more = append(more, seen(1700*ms+history.Micros(n), "other", []string{"DOWN", "UP"}[n%2]))
	}
	v := build{events: withStates(more...)}.check(t)
	f := v.find("health", Fail)
	if len(f) != 1 || f[0].Count != changes/2 || !strings.Contains(f[0].Text, "and 2497 more") {
		t.Errorf("%+v", f)
	}
	if len(v.States) > maxTransitions {
		t.Errorf("%d changes are listed", len(v.States))
	}
}
