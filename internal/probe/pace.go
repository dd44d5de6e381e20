package probe

import (
	"context"
	"hash/fnv"
	"math/rand/v2"
	"runtime"
	"time"
)

// schedule is when the requests of a lane are due.
//
// It is stratified: the n-th request is due at a random moment of the n-th
// interval. A metronome would march in step with HAProxy's round robin, so that
// one lane always meets the same server, and its requests would not be
// independent of each other, as the rule of three assumes. The rate is that of
// the metronome, and two requests are never further apart than two intervals.
type schedule struct {
	began    time.Duration // offset of the first interval from the start of the run
	interval time.Duration
	random   *rand.Rand // nil: due at the beginning of each interval
}

// newSchedule is that of a lane. The same seed gives a lane the same schedule
// again, and each lane another one. A regular one has no chance in it.
func newSchedule(seed uint64, lane string, regular bool, began, interval time.Duration) *schedule {
	s := &schedule{began: began, interval: interval}
	if !regular {
		h := fnv.New64a()
		_, _ = h.Write([]byte(lane)) // never fails: hash.Hash
		s.random = rand.New(rand.NewPCG(seed, h.Sum64()))
	}
	return s
}

// due is when the next request is, the n-th of them, from 0; it has to be asked
// for each in turn.
func (s *schedule) due(n int64) time.Duration {
	at := s.began + time.Duration(n)*s.interval
	if s.random != nil {
		at += time.Duration(s.random.Int64N(int64(max(1, s.interval))))
	}
	return at
}

// pace calls tick when each request is due, until ctx ends. It is an open loop:
// what the ticks do does not move the next one, and a tick that comes late keeps
// its intended time. It keeps a thread for itself, which ends with it.
func pace(ctx context.Context, started time.Time, s *schedule, tick func(intended time.Duration)) {
	runtime.LockOSThread() // never unlocked: the thread's settings end with it
	sharpen()
	for n := int64(0); ; n++ {
		intended := s.due(n)
		if !sleepUntil(ctx, started, intended) {
			return
		}
		tick(intended)
	}
}

// nearly is how long before its time a sleeper leaves Go's timers, which end
// up to a millisecond late when the process is otherwise idle.
const nearly = 3 * time.Millisecond

// sleepUntil sleeps until the offset from started and reports whether ctx still
// goes on.
func sleepUntil(ctx context.Context, started time.Time, offset time.Duration) bool {
	if left := offset - time.Since(started); left > 2*nearly {
		timer := time.NewTimer(left - nearly)
		defer timer.Stop()
		select {
		case <-ctx.Done():
			return false
		case <-timer.C:
		}
	}
	for ctx.Err() == nil {
		left := offset - time.Since(started)
		if left <= 0 {
			return true
		}
		nanosleep(left)
	}
	return false
}
