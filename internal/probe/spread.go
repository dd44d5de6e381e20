package probe

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"halab/internal/history"
	"halab/internal/scenario"
)

// spread follows which servers answer, and at which of them the transfers and
// streams of a lane are, so that one is in flight at each server that serves.
// What a step does to requests in flight shows only where there are some, and
// which server a request goes to is HAProxy's choice: a lane that has none at a
// server opens one more until it has.
type spread struct {
	now func() time.Duration
	on  atomic.Bool // there is such a lane; a step's GET may ask before the lanes begin

	mu      sync.Mutex
	served  map[string]time.Duration            // when a server last began an answer
	at      map[string]string                   // the server of each that is in flight, by id; "" until its answer begins
	lanes   map[string]string                   // the lane of each, by id
	aboard  map[string]map[string]int           // how many, by lane and server; "" where it is not known yet
	skipped map[string]map[string]time.Duration // until when a lane does not try for a server
}

func newSpread(started time.Time) *spread {
	return &spread{now: func() time.Duration { return time.Since(started) }, served: map[string]time.Duration{}, at: map[string]string{},
		lanes: map[string]string{}, aboard: map[string]map[string]int{}, skipped: map[string]map[string]time.Duration{}}
}

// spreads reports whether a lane's requests last long enough to be followed.
// An upload is not: its server is known only when it has ended.
func spreads(class string) bool { return class == history.DownloadLane || class == history.StreamLane }

// sent takes a request that begins.
func (s *spread) sent(r *history.Request) {
	if spreads(r.Class()) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.lanes[r.ID] = r.Lane
		s.move(r.ID, "", 1)
	}
}

// answered takes a request whose answer begins.
func (s *spread) answered(r *history.Request) {
	if !s.on.Load() || r.Server == "" || r.Status >= 400 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.served[r.Server] = s.now()
	if _, ok := s.lanes[r.ID]; ok {
		s.move(r.ID, s.at[r.ID], -1)
		s.move(r.ID, r.Server, 1)
	}
}

// ended takes a request that has its outcome.
func (s *spread) ended(r *history.Request) {
	if !spreads(r.Class()) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.lanes[r.ID]; ok {
		s.move(r.ID, s.at[r.ID], -1)
		delete(s.at, r.ID)
		delete(s.lanes, r.ID)
	}
}

func (s *spread) move(id, server string, by int) {
	lane := s.lanes[id]
	if s.aboard[lane] == nil {
		s.aboard[lane] = map[string]int{}
	}
	s.aboard[lane][server] += by
	if by > 0 {
		s.at[id] = server
	}
}

// Who began an answer within recent serves, and a server that a lane has tried
// for in vain is left alone for as long.
const recent = 500 * time.Millisecond

// wants reports whether a lane is to open one more: a server that serves has
// none of it, nothing of it is on its way to a server, it has opened the least
// that it opens by itself, and there are fewer than limit. It is asked again
// and again, and gives up for a while on servers that HAProxy does not choose.
func (s *spread) wants(lane string, tried, least, limit int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	aboard, now, all := s.aboard[lane], s.now(), 0
	for _, n := range aboard {
		all += n
	}
	if aboard[""] > 0 || all < least || all >= limit {
		return false
	}
	for server, last := range s.served {
		if now-last > recent || aboard[server] > 0 || now < s.skipped[lane][server] {
			continue
		}
		if tried < limit {
			return true
		}
		if s.skipped[lane] == nil {
			s.skipped[lane] = map[string]time.Duration{}
		}
		s.skipped[lane][server] = now + recent
	}
	return false
}

// servers is how many serve.
func (s *spread) servers() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, last := range s.served {
		if s.now()-last <= recent {
			n++
		}
	}
	return n
}

// spreadPause is the time between two looks at whether a lane is to open one
// more.
const spreadPause = 5 * time.Millisecond

// fill has open called whenever the lane is to open one more, until ctx ends.
// A lane that opens its own anew when one ends has at least least of them before
// that. There are at most twice as many as the lane is to hold, or as servers
// serve.
func (s *spread) fill(ctx context.Context, lane string, least, holds int, open func()) {
	tried := 0
	for ctx.Err() == nil {
		limit := 2 * max(holds, s.servers())
		if s.wants(lane, tried, least, limit) {
			tried++
			open()
		} else if !s.pending(lane) {
			tried = 0
		}
		select {
		case <-ctx.Done():
		case <-time.After(spreadPause):
		}
	}
}

// pending reports whether something of a lane is on its way to a server.
func (s *spread) pending(lane string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.aboard[lane][""] > 0
}

// holds is how many a lane keeps in flight in the mean.
func holds(class string, t scenario.Traffic) int {
	if class == history.StreamLane {
		return t.Stream.Conns()
	}
	return t.Download.Conns()
}
