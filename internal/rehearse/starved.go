package rehearse

import (
	"sort"
	"sync"
	"time"

	"halab/internal/history"
)

// starved tells how long of a request's time the lab's HAProxy and halab waited
// for a processor.
type starved struct {
	waited func() time.Duration // up to now, since the first call
	now    func() history.Micros
	keep   history.Micros // how far back it can tell

	mu    sync.Mutex
	looks []look
}

// look is how long they had waited by then.
type look struct{ at, waited history.Micros }

// keepLooks is how far back a look is needed at least, beside the time after
// which a request is given up.
const keepLooks = 10 * time.Second

// longWait is the shortest wait of a client of which it is told, and lookAgain
// how old a look may be for that.
const (
	longWait  = history.Micros(time.Second / time.Microsecond)
	lookAgain = history.Micros(20 * time.Millisecond / time.Microsecond)
)

// look looks, unless it has just done so.
func (s *starved) look() {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	if n := len(s.looks); n > 0 && now-s.looks[n-1].at < lookAgain {
		return
	}
	s.looks = append(s.looks, look{now, history.M(s.waited())})
	if old := s.before(now - s.keep); old > len(s.looks)/2 {
		s.looks = append(s.looks[:0], s.looks[old:]...)
	}
}

// mark writes it into a request whose client waited for long.
func (s *starved) mark(r *history.Request) {
	from, to := r.Intended, r.Done
	if r.Quiet > 0 {
		from, to = r.QuietFrom, r.QuietFrom+r.Quiet
	}
	if to-from < longWait {
		return
	}
	s.look()
	s.mu.Lock()
	defer s.mu.Unlock()
	r.Starved = min(s.until(to)-s.until(from), to-from)
}

// before is how many looks were before that moment.
func (s *starved) before(at history.Micros) int {
	return sort.Search(len(s.looks), func(i int) bool { return s.looks[i].at >= at })
}

// until is how long they had waited by then; between two looks, in
// proportion.
func (s *starved) until(at history.Micros) history.Micros {
	i := s.before(at)
	switch {
	case len(s.looks) == 0:
		return 0
	case i == 0:
		return s.looks[0].waited
	case i == len(s.looks):
		return s.looks[i-1].waited
	}
	a, b := s.looks[i-1], s.looks[i]
	return a.waited + (b.waited-a.waited)*(at-a.at)/(b.at-a.at)
}
