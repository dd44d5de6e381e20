package probe

import (
	"context"
	"runtime"
	"time"
)

// pace calls tick at began, began+interval, began+2·interval, … as an offset
// from started, until ctx ends. It is an open loop: what the ticks do does
// not move the next one, and a tick that comes late keeps its intended time.
// It keeps a thread for itself, which ends with it.
func pace(ctx context.Context, started time.Time, interval time.Duration, tick func(n int64, intended time.Duration)) {
	runtime.LockOSThread() // never unlocked: the thread's settings end with it
	sharpen()
	began := time.Since(started)
	for n := int64(0); ; n++ {
		intended := began + time.Duration(n)*interval
		if !sleepUntil(ctx, started, intended) {
			return
		}
		tick(n+1, intended)
	}
}

// nearly is how long before its time a sleeper leaves Go's timers, which end
// up to a millisecond late when the process is otherwise idle.
const nearly = 3 * time.Millisecond

// sleepUntil sleeps until the offset from started and tells whether ctx still
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
