package probe

import (
	"context"
	"fmt"
	"math"
	"testing"
	"time"

	"halab/internal/history"
	"halab/internal/scenario"
)

// run sends traffic until there are n records.
func run(t *testing.T, to Target, traffic scenario.Traffic, n int) []*history.Request {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	rec := &records{}
	p := New(to, time.Now(), func(e history.Event) {
		rec.emit(e)
		if len(rec.list()) >= n {
			stop()
		}
	})
	p.Run(ctx, traffic)
	return rec.list()
}

// byTick checks that there is one record for each tick from 1 on, due in its
// interval, and returns them in order.
func byTick(t *testing.T, all []*history.Request, lane string, interval time.Duration) []*history.Request {
	t.Helper()
	found := map[string]*history.Request{}
	for _, r := range all {
		if r.Lane != lane {
			continue
		}
		if found[r.ID] != nil {
			t.Errorf("two records of %s", r.ID)
		}
		found[r.ID] = r
	}
	var out []*history.Request
	for n := 1; n <= len(found); n++ {
		r := found[fmt.Sprintf("%s-%d", lane, n)]
		if r == nil {
			t.Fatalf("no record of %s-%d among %d", lane, n, len(found))
		}
		out = append(out, r)
		// Each is due within its own interval, wherever the first one begins.
		apart, whole := r.Intended.D()-out[0].Intended.D(), time.Duration(n-1)*interval
		if off := math.Abs(float64(apart - whole)); off > float64(interval) {
			t.Errorf("%s was due %v after the first, want %v and less than an interval beside it", r.ID, apart, whole)
		}
	}
	return out
}

func TestLanes(t *testing.T) {
	s := serve(t, script(request, say(good), request, say(good), request, say(good), request, say(good), hold))
	traffic := scenario.Traffic{Poll: &scenario.Poll{Interval: scenario.Duration(20 * time.Millisecond)},
		New: &scenario.New{Rate: 100}, Kept: &scenario.Kept{Rate: 200, Connections: 200}}
	all := run(t, target(s.addr), traffic, 100)
	unsent := 0
	for _, l := range Lanes(traffic, "") {
		for n, r := range byTick(t, all, l.Name, l.Interval.D()) {
			if r.Outcome == history.Unsent { // this machine was too busy
				unsent++
				continue
			}
			if r.Outcome != history.OK {
				t.Errorf("%+v", r)
			}
			if l.Name != "kept" && r.Reuse != 0 {
				t.Errorf("%s-%d is on a reused connection", l.Name, n)
			}
		}
	}
	if n := len(s.read()); n != len(all)-unsent || n == 0 {
		t.Errorf("%d records, %d of them unsent, of %d requests", len(all), unsent, n)
	}
}

// TestKeptInTurn: the connections are made first and then used in turn.
func TestKeptInTurn(t *testing.T) {
	answers := []act{}
	for range 10 {
		answers = append(answers, request, say(good))
	}
	s := serve(t, append(answers, hold))
	p, _ := prober(t, target(s.addr))
	k := kept{p: p, size: 3}
	defer k.end()
	for i := range 12 {
		r := &history.Request{ID: "kept", Intended: history.Since(p.started)}
		k.follow(r, k.begin(r))
		if want := int64(i%3 + 1); r.Conn != want || r.Reuse != i/3 {
			t.Errorf("%d: connection %d for the %d. time, want %d for the %d.", i, r.Conn, r.Reuse+1, want, i/3+1)
		}
	}
}

// inTurn sends n requests, each once the answer to the one before has come
// and the other side has ended its connection, when it does.
func inTurn(t *testing.T, k *kept, n int) (all []*history.Request) {
	t.Helper()
	for i := range n {
		r := &history.Request{ID: fmt.Sprintf("kept-%d", i+1), Intended: history.Since(k.p.started)}
		if c := k.begin(r); c != nil {
			k.follow(r, c)
		}
		all = append(all, r)
		for deadline := time.Now().Add(10 * time.Second); len(k.idle) > 0 && k.idle[0].look() == nil; time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatal("nobody closes the connection")
			}
		}
	}
	return all
}

// TestKeptClosedEveryTime: a server that closes every connection once it is
// idle. Every second tick finds it so, and is not sent again.
func TestKeptClosedEveryTime(t *testing.T) {
	s := serve(t, script(request, say(good)))
	p, _ := prober(t, target(s.addr))
	k := kept{p: p, size: 1}
	defer k.end()
	for i, r := range inTurn(t, &k, 8) {
		want := []history.Outcome{history.OK, history.Stale}[i%2]
		if r.Outcome != want || r.Reuse != i%2 || (r.Sent == 0) != (want == history.Stale) {
			t.Errorf("%+v, want %s", r, want)
		}
	}
	if n := len(s.read()); n != 4 {
		t.Errorf("the server read %d requests, 4 were answered", n)
	}
}

// TestOpenLoop: no answer at all moves no tick, and all are recorded.
func TestOpenLoop(t *testing.T) {
	s := serve(t, script(request, hold))
	to := target(s.addr)
	to.Timeout = 3 * time.Second // a tick may be a second late
	for _, traffic := range []scenario.Traffic{{New: &scenario.New{Rate: 500}}, {Kept: &scenario.Kept{Rate: 500, Connections: 2}}} {
		lane := Lanes(traffic, "")[0]
		waited := 0
		for _, r := range byTick(t, run(t, to, traffic, 100), lane.Name, 2*time.Millisecond) {
			switch {
			case r.Outcome == history.Timeout && r.Conn != 0:
				waited++
			case r.Outcome != history.Unsent: // where this machine stood still
				t.Errorf("%+v", r)
			}
		}
		if waited < 10 {
			t.Errorf("only %d requests on %s waited for an answer side by side", waited, lane.Name)
		}
	}
}

func TestUnsent(t *testing.T) {
	s := serve(t, script(request, say(good)))
	rec := &records{}
	p := New(target(s.addr), time.Now().Add(-time.Hour), rec.emit)
	l := &lane{class: class{name: "new"}, sender: &single{p, p.page}, p: p}
	l.tick(time.Hour - 2*time.Second)
	l.inFlight.Store(maxInFlight)
	l.tick(time.Since(p.started))
	l.inFlight.Store(0)
	l.tick(time.Since(p.started))
	p.flight.Wait()
	all := rec.list()
	for i, want := range []history.Outcome{history.Unsent, history.Unsent, history.OK} {
		if r := all[i]; r.Outcome != want || (r.Sent == 0) != (want == history.Unsent) {
			t.Errorf("%+v, want %s", r, want)
		}
	}
}
