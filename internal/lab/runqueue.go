package lab

import (
	"os"
	"time"
)

// RunQueue tells how long the lab's HAProxy and nginxs, and halab itself, have
// waited for a processor. A program that gets none answers nobody, and a halab
// that gets none reads no answer; that says nothing of the procedure: the
// machine had too much to do. It may be used from one goroutine at a time.
type RunQueue struct {
	dir    string // of the lab: HAProxy names it in its arguments, nginx works in it
	self   int    // halab's process; 0: it is not watched
	found  programs
	looked time.Time // for processes
	last   map[string]time.Duration
	begun  time.Time
	waited time.Duration
}

// programs are the processes that a lab's requests go through.
type programs struct {
	haproxy []int
	workers []int // of nginx, of one thread each; its master serves nobody
}

// programsEvery is the time between two looks for processes: a HAProxy that
// takes over is a new one.
const programsEvery = time.Second

// RunQueue begins to watch the lab's programs and halab.
func (l *Lab) RunQueue() *RunQueue { return &RunQueue{dir: l.Dir, self: os.Getpid()} }

// Waited is how long they have waited since the first call: between two calls
// that is the longest that any thread of HAProxy did, of an nginx's and of
// halab's, for a request goes through all three. A wait counts when it is
// over. It stays 0 where the system does not tell.
func (q *RunQueue) Waited() time.Duration {
	now := time.Now()
	if now.Sub(q.looked) >= programsEvery {
		q.found, q.looked = running(q.dir), now
	}
	delays := map[string]time.Duration{}
	longest := q.longest(delays, threads, q.found.haproxy...) + q.longest(delays, mainThread, q.found.workers...)
	if q.self > 0 {
		longest += q.longest(delays, threads, q.self)
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
func (q *RunQueue) longest(delays map[string]time.Duration, of func(pid int) []string, pids ...int) time.Duration {
	longest := time.Duration(0)
	for _, pid := range pids {
		for _, thread := range of(pid) {
			delay, told := runDelay(thread)
			if !told {
				continue
			}
			delays[thread] = delay
			if q.last != nil {
				longest = max(longest, delay-q.last[thread])
			}
		}
	}
	return longest
}
