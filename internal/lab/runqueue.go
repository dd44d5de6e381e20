package lab

import (
	"os"
	"time"
)

// RunQueue tells how long the host held up the lab's HAProxy and nginxs, and
// halab itself. A program that gets no processor, or waits for a disk, answers
// nobody, and a halab that gets none reads no answer; that says nothing of the
// procedure. It may be used from one goroutine at a time.
type RunQueue struct {
	dir    string // of the lab: HAProxy names it in its arguments, nginx works in it
	self   int    // halab's process; 0: it is not watched
	found  programs
	looked time.Time // for processes
	last   map[string]thread
	at     time.Time // of the last call
	host   Pressure  // by then
	held   Held
}

// Held is how long the host held the lab up, since the first call. It stays 0
// where the system does not tell.
type Held struct {
	CPU   time.Duration // a program waited for a processor (/proc/PID/schedstat)
	Disk  time.Duration // HAProxy or nginx was blocked while the host waited for disks
	Steal time.Duration // the hypervisor gave the host's processors to others
	// Stopped says that HAProxy is stopped by a signal: whatever else happens,
	// that is what holds its clients up.
	Stopped bool
	// Host is what the host itself counts since it was started.
	Host Pressure
}

// programs are the processes that a lab's requests go through.
type programs struct {
	haproxy []int
	workers []int // of nginx, of one thread each; its master serves nobody
}

// thread is what the kernel tells of one.
type thread struct {
	state  byte          // R, S, D, T, …
	ran    time.Duration // on a processor, since it was started
	waited time.Duration // for one, when that wait was over
	turns  int64         // how often it got one
	ahead  time.Duration // of a wait that goes on, what was counted
}

// programsEvery is the time between two looks for processes: a HAProxy that
// takes over is a new one.
const programsEvery = time.Second

// RunQueue begins to watch the lab's programs and halab.
func (l *Lab) RunQueue() *RunQueue { return &RunQueue{dir: l.Dir, self: os.Getpid()} }

// Look is how long they were held up since the first call: between two calls
// that is the longest that any thread of HAProxy was, of an nginx's and of
// halab's, for a request goes through all three.
//
// HAProxy alone is to blame for the time in which it was stopped, or ran and
// served nobody, whatever the host did meanwhile.
func (q *RunQueue) Look() Held {
	now, host := time.Now(), pressure()
	if now.Sub(q.looked) >= programsEvery {
		q.found, q.looked = running(q.dir), now
	}
	passed := now.Sub(q.at)
	all := map[string]thread{}
	proxy := q.group(all, passed, q.found.haproxy, threads)
	nginx := q.group(all, passed, q.found.workers, mainThread)
	var self group
	if q.self > 0 {
		self = q.group(all, passed, []int{q.self}, threads)
	}
	if q.last != nil && !proxy.stopped && !proxy.spun {
		cpu := proxy.waited + nginx.waited
		// Many short waits hold nobody up for long; a long one does.
		if self.waited >= passed/2 {
			cpu += self.waited
		}
		q.held.CPU += min(cpu, passed)
		if (proxy.blocked || nginx.blocked) && host.waits(q.host) {
			q.held.Disk += passed
		}
		q.held.Steal += min(host.Steal-q.host.Steal, passed)
	}
	q.last, q.at, q.host, q.held.Host, q.held.Stopped = all, now, host, host, proxy.stopped
	return q.held
}

// group is what the threads of some processes were held up since the last call.
type group struct {
	waited  time.Duration // the longest that one waited for a processor
	blocked bool          // one is blocked in the kernel
	stopped bool          // one is stopped by a signal
	spun    bool          // one got more of a processor than one that lacks it does
}

// group adds to all how each thread is now: one that was not there at the last
// call has done everything since.
func (q *RunQueue) group(all map[string]thread, passed time.Duration, pids []int, of func(pid int) []string) group {
	var g group
	for _, pid := range pids {
		for _, dir := range of(pid) {
			now, told := look(dir)
			if !told {
				continue
			}
			was := q.last[dir]
			waited := now.since(&was, passed)
			all[dir] = now
			g.waited = max(g.waited, waited)
			g.blocked = g.blocked || now.state == 'D'
			g.stopped = g.stopped || now.state == 'T' || now.state == 't'
			ran := now.ran - was.ran
			g.spun = g.spun || ran >= passed/4 && 2*ran >= waited
		}
	}
	return g
}

// since is how long a thread has waited for a processor since it was was. The
// kernel counts a wait when it is over, all at once; one that goes on is counted
// as it goes.
func (t *thread) since(was *thread, passed time.Duration) time.Duration {
	if t.state == 'R' && was.state == 'R' && t.turns == was.turns && t.ran == was.ran && t.waited == was.waited {
		t.ahead = was.ahead + passed
		return passed
	}
	return max(0, t.waited-was.waited-was.ahead)
}
