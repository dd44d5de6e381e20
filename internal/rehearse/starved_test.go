package rehearse

import (
	"testing"
	"time"

	"halab/internal/history"
)

// HAProxy waits for the whole of the second second.
func TestStarved(t *testing.T) {
	const second = history.Micros(1_000_000)
	now := history.Micros(0)
	s := &starved{timeout: 90 * second, now: func() history.Micros { return now }, waited: func() time.Duration {
		return min(max(now-second, 0), second).D()
	}}
	for ; now <= 4*second; now += second / 10 {
		s.look()
	}
	for _, c := range []struct {
		name string
		r    history.Request
		want history.Micros
	}{
		{"all of it", history.Request{Intended: second, Done: 2 * second}, second},
		{"half of it", history.Request{Intended: 3 * second / 2, Done: 3 * second}, second / 2},
		{"between two looks", history.Request{Intended: second, Done: 3 * second, Quiet: 2 * second, QuietFrom: second + second/20}, second * 19 / 20},
		{"none of it", history.Request{Intended: 2 * second, Done: 4 * second}, 0},
		{"before the first look", history.Request{Intended: -5 * second, Done: 2 * second}, second},
		{"too short to tell of", history.Request{Intended: second, Done: 2*second - 1}, 0},
	} {
		if s.mark(&c.r); c.r.Starved != c.want {
			t.Errorf("%s: %s, want %s", c.name, c.r.Starved, c.want)
		}
	}
}

// halab is stopped from 1 s to 3 s, a tenth of which HAProxy waits for a
// processor, and looks are no more exact than their interval.
func TestStopped(t *testing.T) {
	const second = history.Micros(1_000_000)
	now, waited := history.Micros(0), time.Duration(0)
	s := &starved{timeout: 2 * second, now: func() history.Micros { return now }, waited: func() time.Duration { return waited }}
	for now = range 5 * second {
		if now%(second/10) != 0 || now > second && now < 3*second {
			continue
		}
		if now == 3*second {
			waited = time.Second / 5
		}
		s.look()
	}
	for _, c := range []struct {
		name     string
		r        history.Request
		from, to history.Micros
	}{
		{"all of it", history.Request{Intended: second, Done: 3 * second}, 19 * second / 10, 2 * second},
		{"half of it", history.Request{Intended: 2 * second, Done: 4 * second}, 9 * second / 10, second},
		{"none of it", history.Request{Intended: 3 * second, Done: 5 * second}, 0, 0},
		{"given up after its time was up", history.Request{Intended: 0, Done: 3 * second, Outcome: history.Timeout}, 9 * second / 10, second},
		{"answered after its time was up", history.Request{Intended: 0, Done: 3 * second, Outcome: history.OK}, 9 * second / 10, second},
	} {
		if s.mark(&c.r); c.r.Starved < c.from || c.r.Starved > c.to {
			t.Errorf("%s: %s, want from %s to %s", c.name, c.r.Starved, c.from, c.to)
		}
	}
}

// A request may take less than a second in all.
func TestStarvedShort(t *testing.T) {
	now := history.Micros(0)
	s := &starved{timeout: 400_000, now: func() history.Micros { return now }, waited: func() time.Duration { return now.D() }}
	s.look()
	now = 400_000
	s.look()
	r := history.Request{Done: 400_000, Outcome: history.Timeout}
	if s.mark(&r); r.Starved != 400_000 {
		t.Errorf("starved for %s of 400ms", r.Starved)
	}
}

// What is kept does not grow with the run.
func TestStarvedForgets(t *testing.T) {
	now := history.Micros(0)
	s := &starved{timeout: 10 * lookAgain, now: func() history.Micros { return now }, waited: func() time.Duration { return 0 }}
	for range 10_000 {
		now += lookAgain
		s.look()
	}
	if most := 2 * int((s.timeout+keepLooks)/lookAgain); len(s.looks) > most+2 {
		t.Errorf("%d looks are kept", len(s.looks))
	}
}
