package lab

import (
	"os"
	"path/filepath"
	"time"
)

// RunQueue tells how long the lab's HAProxy, and halab itself, have waited for
// a processor. A HAProxy that gets none answers nobody, and a halab that gets
// none reads no answer; that says nothing of the procedure: the machine had too
// much to do. It may be used from one goroutine at a time.
type RunQueue struct {
	config string // the argument by which HAProxy's processes are known
	self   int    // halab's process; 0: it is not watched
	pids   []int
	looked time.Time // for processes
	last   map[string]time.Duration
	begun  time.Time
	waited time.Duration
}

// pidsEvery is the time between two looks for processes: a HAProxy that takes
// over is a new one.
const pidsEvery = time.Second

// RunQueue begins to watch the lab's HAProxy and halab.
func (l *Lab) RunQueue() *RunQueue {
	return &RunQueue{config: filepath.Join(l.Dir, configFile), self: os.Getpid()}
}

// Waited is how long they have waited since the first call: between two calls
// that is the longest that any thread of HAProxy did and the longest that any
// of halab's did, for a request goes through both. A wait counts when it is
// over. It stays 0 where the system does not tell.
func (q *RunQueue) Waited() time.Duration {
	now := time.Now()
	if now.Sub(q.looked) >= pidsEvery {
		q.pids, q.looked = running(q.config), now
	}
	delays := map[string]time.Duration{}
	longest := q.longest(delays, q.pids...)
	if q.self > 0 {
		longest += q.longest(delays, q.self)
	}
	if q.last == nil {
		q.begun = now
	}
	q.last = delays
	q.waited = min(q.waited+longest, now.Sub(q.begun))
	return q.waited
}

// longest is the longest that a thread of these processes has waited since the
// last call, and adds to delays how long each has since it was started: one
// that was not there at the last call has done all its waiting since.
func (q *RunQueue) longest(delays map[string]time.Duration, pids ...int) time.Duration {
	longest := time.Duration(0)
	for _, pid := range pids {
		for thread, delay := range runDelays(pid) {
			delays[thread] = delay
			if q.last != nil {
				longest = max(longest, delay-q.last[thread])
			}
		}
	}
	return longest
}
