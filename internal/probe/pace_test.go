package probe

import (
	"math"
	"testing"
	"time"

	"halab/internal/history"
)

// Each request is due within its own interval, the same seed gives the same
// schedule, and another seed or lane another one.
func TestSchedule(t *testing.T) {
	const n, began, interval = 1000, 5 * time.Millisecond, 10 * time.Millisecond
	dues := func(seed uint64, lane string, regular bool) (all [n]time.Duration) {
		s := newSchedule(seed, lane, regular, began, interval)
		for i := range n {
			all[i] = s.due(int64(i))
			if from := began + time.Duration(i)*interval; all[i] < from || all[i] >= from+interval || regular && all[i] != from {
				t.Fatalf("%s-%d is due at %v, its interval begins at %v", lane, i, all[i], from)
			}
		}
		return all
	}
	first := dues(7, "new", false)
	if dues(7, "new", false) != first {
		t.Error("the same seed gives another schedule")
	}
	if dues(8, "new", false) == first || dues(7, "kept", false) == first {
		t.Error("another seed or lane gives the same schedule")
	}
	dues(7, "poll", true)
	same := 0
	for i := 1; i < n; i++ {
		if first[i]-first[i-1] == interval {
			same++
		}
	}
	if same > n/100 {
		t.Errorf("%d of %d requests are a whole interval apart: a metronome", same, n)
	}
}

// What a stratified schedule sees is what SeenBy says, by simulation.
func TestSeenBy(t *testing.T) {
	const interval, outages = time.Millisecond, 40_000
	for _, x := range []float64{0.1, 0.25, 0.5, 1, 1.25, 1.5, 2} {
		s := newSchedule(1, "new", false, 0, interval)
		seen := 0
		length := time.Duration(x * float64(interval))
		for i := range int64(outages) {
			// One outage in each four intervals, at every phase of the second.
			from := time.Duration(4*i+1)*interval + time.Duration(i)*interval/outages
			hit := false
			for k := range int64(4) {
				due := s.due(4*i + k)
				hit = hit || due >= from && due < from+length
			}
			if hit {
				seen++
			}
		}
		if got, want := float64(seen)/outages, history.SeenBy(interval, length); math.Abs(got-want) > 0.01 {
			t.Errorf("an outage of %g intervals is seen in a share of %.3f, want %.3f", x, got, want)
		}
	}
}
