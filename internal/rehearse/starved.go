package rehearse

import (
	"sort"
	"sync"
	"time"

	"halab/internal/history"
)

// starved tells how long of a request's time the lab's programs and halab had no
// processor: they waited for one, or halab was stopped.
type starved struct {
	waited  func() time.Duration // for a processor, up to now, since the first call
	now     func() history.Micros
	timeout history.Micros // after which a request is given up

	mu      sync.Mutex
	counted history.Micros // of waited, at the last look
	looks   []look
}

// look is how long they had had none by then.
type look struct{ at, without history.Micros }

// keepLooks is how far back a look is needed at least, beside the time after
// which a request is given up.
const keepLooks = history.Micros(10 * time.Second / time.Microsecond)

// dozed is how late a look may be for no reason worth telling.
const dozed = history.Micros(250 * time.Millisecond / time.Microsecond)

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
	last := look{at: now}
	if n := len(s.looks); n > 0 {
		last = s.looks[n-1]
	}
	passed := now - last.at
	if passed < lookAgain && len(s.looks) > 0 {
		return
	}
	waited := history.M(s.waited())
	without := waited - s.counted
	s.counted = waited
	if late := passed - history.M(lookEvery); late > dozed {
		without = max(without, late)
	}
	s.looks = append(s.looks, look{now, last.without + min(without, passed)})
	if old := s.before(now - s.timeout - keepLooks); old > len(s.looks)/2 {
		s.looks = append(s.looks[:0], s.looks[old:]...)
	}
}

// mark writes it into a request whose client waited for long. Once the time of
// a request is up no answer counts any more, nor does why there was none.
func (s *starved) mark(r *history.Request) {
	from, to := r.Intended, r.Done
	if r.Quiet > 0 {
		from, to = r.QuietFrom, r.QuietFrom+r.Quiet
	}
	to = min(to, from+s.timeout)
	if to-from < min(longWait, s.timeout) {
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

// until is how long they had had none by then; between two looks, in
// proportion.
func (s *starved) until(at history.Micros) history.Micros {
	i := s.before(at)
	switch {
	case len(s.looks) == 0:
		return 0
	case i == 0:
		return s.looks[0].without
	case i == len(s.looks):
		return s.looks[i-1].without
	}
	a, b := s.looks[i-1], s.looks[i]
	return a.without + (b.without-a.without)*(at-a.at)/(b.at-a.at)
}
