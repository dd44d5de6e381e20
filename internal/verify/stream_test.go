package verify

import (
	"math"
	"strings"
	"testing"

	"halab/internal/history"
)

// withStreams adds streams to a run, each from its opening to its end.
func withStreams(streams ...history.Request) func([]history.Event) []history.Event {
	return func(all []history.Event) []history.Event {
		h := *all[0].(*history.Header)
		h.Lanes = append(h.Lanes, history.Lane{Name: history.StreamLane, Interval: 200 * ms})
		all[0] = &h
		tail := all[len(all)-2:]
		all = append([]history.Event(nil), all[:len(all)-2]...)
		for i := range streams {
			all = append(all, &streams[i])
			if streams[i].Conn > 0 {
				tail[0].(*history.Counters).ReqTot++
			}
		}
		return append(all, tail...)
	}
}

// heldBy makes a stream of a server.
func heldBy(id, server string, opened, done history.Micros) history.Request {
	r := history.Request{ID: "stream-" + id, Lane: history.StreamLane, Conn: 1000, Intended: opened, Sent: opened, First: opened + ms, Done: done,
		Status: 101, Put: 9, Want: 9, Got: 9, Outcome: history.OK}
	answerOf(&r, server)
	return r
}

func broke(r history.Request, o history.Outcome) history.Request {
	r.Outcome, r.Got, r.Error = o, 5, "broken"
	return r
}

func TestStreams(t *testing.T) {
	through := heldBy("1", "old", 2*ms, allOver)
	cutBefore, cutAfter := heldBy("2", "old", 2*ms, 900*ms), heldBy("2", "old", 2*ms, command+300*ms)
	again := heldBy("3", "new", command+400*ms, allOver)
	runCases(t, []verdictCase{
		{"held through the switch", build{events: withStreams(through)}, Pass, "in flight", "1 request was under way when a step acted"},
		{"opened after the switch", build{events: withStreams(through, heldBy("2", "new", moved+200*ms, allOver))}, Pass, "switch", "bk/old to bk/new"},
		{"cut by a step, and opened again", build{events: withStreams(broke(cutAfter, history.Truncated), again, heldBy("1", "old", 2*ms, allOver))}, Fail, "in flight", "1 of 2 requests under way when step 1 acted"},
		{"cut before any step", build{events: withStreams(broke(cutBefore, history.Truncated), heldBy("1", "old", ms, allOver))}, Fail, "no failure", "before any step did anything"},
		{"stalled", build{events: withStreams(broke(cutAfter, history.Timeout), again)}, Fail, "no failure", "1 timeout; the first at 1.300s, after step 1"},
		{"short, and called ok", build{events: withStreams(broke(through, history.OK))}, Fail, "no failure", "ok with 5 of 9 bytes"},
		{"opened at the old server after the switch", build{events: withStreams(heldBy("1", "old", moved+200*ms, allOver))}, Fail, "new version complete", "1 answer still came from the old server bk/old after the switch to bk/new, on stream"},
		{"opened at the new server before the switch", build{events: withStreams(heldBy("1", "new", 2*ms, allOver))}, Fail, "switch", "1 answer came from bk/new before a step"},
		{"opened at a server out of the way", build{events: withStreams(heldBy("1", "other", 2*ms, allOver))}, Fail, "switch", "bk/other, which is not on the way"},
		{"none for a second", build{events: withStreams(heldBy("1", "old", 2*ms, 500*ms), heldBy("2", "new", 1500*ms, allOver))}, Inconclusive, "coverage", "nothing was sent on stream for 1s"},
		{"one within the other", build{events: withStreams(heldBy("2", "old", 700*ms, 800*ms), through)}, Pass, "coverage", "largest gap between two probes is 10ms"},
	})
}

// A stream that goes on after the way back was at the first server all along.
func TestStreamThroughARollback(t *testing.T) {
	m := newMoves([]string{"bk/old", "bk/new", "bk/old"}, nil, func(*history.Request, string) bool { return true })
	answered := func(server string, sent history.Micros) {
		r := history.Request{Lane: "new", Sent: sent, First: sent, Done: sent}
		answerOf(&r, server)
		m.observe(&r)
	}
	commanded := func(at history.Micros, step int) {
		m.observe(&history.Step{Phase: history.Command, At: at, Index: step, AnyServer: true})
	}
	answered("old", 10)
	commanded(20, 1)
	answered("new", 30)
	commanded(40, 2)
	died := heldBy("1", "old", 5, 45) // before anything tells that the traffic came back
	m.observe(&died)
	if m.done != 1 {
		t.Fatalf("%d switches, of a stream that was opened before them", m.done)
	}
	answered("old", 50)
	through := heldBy("2", "old", 5, 60)
	m.observe(&through)
	m.settle(math.MaxInt64)
	if m.done != 2 || m.early != 0 || len(m.astray) > 0 || m.switches[0].Late+m.switches[1].Late > 0 {
		t.Errorf("%+v", m)
	}
	if m.switches[0].OldTail != 60 || m.switches[0].LastOld != 10 {
		t.Errorf("%+v, want the last byte of the old server at 60", m.switches[0])
	}
}

// A stream that lasted longer than anything is held back is in its place.
func TestStreamsMayBeLong(t *testing.T) {
	late, n := newOrder(0, nil, func(history.Event) {}), 0
	late.out = func(e history.Event) { n++ }
	for at := history.Micros(0); at < 60_000*ms; at += 1000 * ms {
		_ = late.add(&history.Request{ID: "x-1", Lane: "new", Sent: at, Done: at})
	}
	long := heldBy("1", "old", 5, 60_000*ms)
	_ = late.add(&long)
	late.flush()
	if late.late != 0 || n != 61 {
		t.Errorf("%d of %d out of place", late.late, n)
	}
}

func TestLivesAreMerged(t *testing.T) {
	l := lives{apart: 10}
	for i := history.Micros(0); i < 3*mergeFrom; i++ {
		r := history.Request{Sent: 1 + 5*i, Done: 2 + 5*i}
		l.add(&r)
	}
	r := history.Request{Sent: 1_000_000, Done: 1_000_001}
	l.add(&r)
	c := covered{}
	c.lived(&l)
	if len(l.spans) != 2 || c.largest != 1_000_000-(2+5*(3*mergeFrom-1)) {
		t.Errorf("%d lives, the largest gap %d", len(l.spans), c.largest)
	}
	if cap(l.spans) > 4*mergeFrom {
		t.Errorf("%d were kept at once", cap(l.spans))
	}
}

// What a stream lasted is no latency, and no outage.
func TestStreamsHaveNoLatency(t *testing.T) {
	v := build{expect: "latency: {p99: 100ms, factor: 100}", events: withStreams(heldBy("1", "old", 2*ms, allOver), broke(heldBy("2", "old", 2*ms, 500*ms), history.Truncated))}.check(t)
	for _, f := range v.Findings {
		if f.Lane == history.StreamLane && f.Invariant != "no failure" {
			t.Errorf("%+v", f)
		}
	}
	for _, l := range v.Latency {
		if l.Lane == history.StreamLane {
			t.Errorf("%+v", l)
		}
	}
	if !strings.Contains(strings.Join(v.Reasons, "\n"), "1 of 2 requests lost on stream") {
		t.Error(v.Reasons)
	}
}
