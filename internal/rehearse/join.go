package rehearse

import (
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"halab/internal/haproxy"
	"halab/internal/history"
)

// join brings each request together with its line of HAProxy's log, whichever
// comes first, and hands the request on. Only mode http has ids to join by.
type join struct {
	started time.Time
	emit    func(history.Event)
	keep    func(raw []byte) // a line that only the ring had

	awake    atomic.Int64 // how long halab was awake, as a time.Duration
	mu       sync.Mutex
	requests map[string]*history.Request
	lines    map[string]*history.Seen
	early    map[string]early // lines out of a ring, without a request as yet
	taken    map[string]bool  // lines that came out of a ring, and may come once more
	waiting  []waiting        // requests in the order in which they ended
}

// early is a line out of a ring whose request was not waiting for it: it had its
// line long ago, or has not ended at the prober.
type early struct {
	seen  *history.Seen
	raw   []byte
	until time.Duration // of awake
}

type waiting struct {
	id    string
	until time.Duration // of awake
}

// patience is how long a request waits for its line. The ring hands lines on
// within a millisecond, but those of a HAProxy that was taken over from are
// complete only when it has finished. A line that comes later than this is a
// lost one. Only the time counts in which halab was awake: one that was stopped
// could not read the lines that were there.
const patience = 5 * time.Second

func newJoin(started time.Time, emit func(history.Event), keep func(raw []byte)) *join {
	return &join{started: started, emit: emit, keep: keep, requests: map[string]*history.Request{}, lines: map[string]*history.Seen{},
		early: map[string]early{}, taken: map[string]bool{}}
}

// woke adds to the time in which halab was awake.
func (j *join) woke(d time.Duration) { j.awake.Add(int64(d)) }

func (j *join) clock() time.Duration { return time.Duration(j.awake.Load()) }

// request takes a request that has its outcome.
func (j *join) request(r *history.Request) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if r.Conn == 0 || r.Sent == 0 {
		j.emit(r) // HAProxy never saw it
	} else if seen, ok := j.lines[r.ID]; ok {
		delete(j.lines, r.ID)
		r.Log = seen
		j.emit(r)
	} else if e, ok := j.early[r.ID]; ok {
		j.take(r, e.seen, e.raw)
	} else {
		j.requests[r.ID] = r
		j.waiting = append(j.waiting, waiting{r.ID, j.clock() + patience})
	}
}

// line takes a line that carries an id, and tells whether it is a new one.
func (j *join) line(l haproxy.LogLine) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	delete(j.early, l.ID)
	if j.taken[l.ID] {
		delete(j.taken, l.ID)
		return false
	}
	r, ok := j.requests[l.ID]
	if !ok {
		j.lines[l.ID] = j.seen(l)
		return true
	}
	delete(j.requests, l.ID)
	r.Log = j.seen(l)
	j.emit(r)
	return true
}

// again takes a line out of a ring from which it is sent on as well, and may
// have been long ago. It may come before its request has ended at the prober,
// and need not come once more.
func (j *join) again(l haproxy.LogLine, raw []byte) {
	j.mu.Lock()
	defer j.mu.Unlock()
	seen := j.seen(l)
	if r, ok := j.requests[l.ID]; ok {
		j.take(r, seen, raw)
	} else if j.lines[l.ID] == nil && time.Since(time.UnixMicro(l.EndUS)) < patience {
		j.early[l.ID] = early{seen, raw, j.clock() + patience}
	}
}

// take hands on a request with a line out of a ring.
func (j *join) take(r *history.Request, seen *history.Seen, raw []byte) {
	delete(j.requests, r.ID)
	delete(j.early, r.ID)
	j.taken[r.ID] = true
	r.Log = seen
	j.keep(raw)
	j.emit(r)
}

func (j *join) seen(l haproxy.LogLine) *history.Seen {
	seen := &history.Seen{
		State: l.State, Server: l.Backend + "/" + l.Server, Status: l.Status, Bytes: l.Bytes,
		Tw: l.Tw, Tc: l.Tc, Tr: l.Tr, Ta: l.Ta, Retries: l.Retries, Redispatched: l.Redispatched,
	}
	if l.RequestUS > 0 {
		seen.Arrived = history.Micros(l.RequestUS - j.started.UnixMicro())
	}
	return seen
}

// giveUp hands on the requests whose line has not come in time, and forgets the
// lines whose request has not.
func (j *join) giveUp() {
	j.mu.Lock()
	defer j.mu.Unlock()
	now := j.clock()
	maps.DeleteFunc(j.early, func(_ string, e early) bool { return now > e.until })
	for len(j.waiting) > 0 && now > j.waiting[0].until {
		j.flushFirst()
	}
}

func (j *join) flushFirst() {
	id := j.waiting[0].id
	j.waiting = j.waiting[1:]
	if r, ok := j.requests[id]; ok {
		delete(j.requests, id)
		j.emit(r)
	}
}

// complete tells whether every request that was answered has its line. One
// that was not answered may have none by right.
func (j *join) complete() bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, r := range j.requests {
		if r.Status != 0 {
			return false
		}
	}
	return true
}

// flush hands on every request that still waits, and says how many lines
// belong to no request.
func (j *join) flush() (orphans int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for len(j.waiting) > 0 {
		j.flushFirst()
	}
	return len(j.lines)
}
