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
	s := &starved{keep: 100 * second, now: func() history.Micros { return now }, waited: func() time.Duration {
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

// What is kept does not grow with the run.
func TestStarvedForgets(t *testing.T) {
	now := history.Micros(0)
	s := &starved{keep: 10 * lookAgain, now: func() history.Micros { return now }, waited: func() time.Duration { return 0 }}
	for range 1000 {
		now += lookAgain
		s.look()
	}
	if len(s.looks) > 25 {
		t.Errorf("%d looks are kept", len(s.looks))
	}
}
