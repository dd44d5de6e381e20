package rehearse

import (
	"sort"
	"sync"
	"time"

	"halab/internal/history"
	"halab/internal/lab"
)

// starved tells how long of a request's time the host held up the lab's
// programs or halab: they waited for a processor or a disk, or halab was
// stopped.
type starved struct {
	held    func() lab.Held // up to now, since the first call
	now     func() history.Micros
	timeout history.Micros // after which a request is given up

	mu    sync.Mutex
	last  lab.Held // at the last look
	looks []look
	host  hostRecord
}

// look is how long they had been held up by then, in all and by what.
type look struct {
	at, without history.Micros
	by          [len(helds)]history.Micros
}

// helds are what held them up, in the order of look.by.
var helds = [...]string{history.HeldByCPU, history.HeldByDisk, history.HeldBySteal, history.HeldBySelf}

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
	held := s.held()
	by := [len(helds)]history.Micros{history.M(held.CPU - s.last.CPU), history.M(held.Disk - s.last.Disk), history.M(held.Steal - s.last.Steal)}
	s.last = held
	without := max(by[0]+by[1], by[2]) // who is stolen from waits, too
	if late := passed - history.M(lookEvery); late > dozed && !held.Stopped {
		by[3] = late
		without = max(without, late)
	}
	next := look{at: now, without: last.without + min(without, passed)}
	for i := range by {
		next.by[i] = last.by[i] + min(by[i], passed)
	}
	s.looks = append(s.looks, next)
	if old := s.before(now - s.timeout - keepLooks); old > len(s.looks)/2 {
		s.looks = append(s.looks[:0], s.looks[old:]...)
	}
}

// record is what the host counted since the last record, where it is worth one.
func (s *starved) record() *history.Host {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := len(s.looks)
	if n == 0 {
		return nil
	}
	return s.host.add(s.looks[n-1], s.last.Host)
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
	begun, ended := s.until(from), s.until(to)
	if r.Starved = min(ended.without-begun.without, to-from); r.Starved == 0 {
		return
	}
	r.StarvedBy = ended.mostly(&begun)
}

// mostly is what held them up for the longest since another look; "" where
// nothing did.
func (l *look) mostly(since *look) string {
	var most history.Micros
	by := ""
	for i, name := range helds {
		if n := l.by[i] - since.by[i]; n > most {
			most, by = n, name
		}
	}
	return by
}

// before is how many looks were before that moment.
func (s *starved) before(at history.Micros) int {
	return sort.Search(len(s.looks), func(i int) bool { return s.looks[i].at >= at })
}

// until is how long they had been held up by then; between two looks, in
// proportion.
func (s *starved) until(at history.Micros) look {
	i := s.before(at)
	switch {
	case len(s.looks) == 0:
		return look{}
	case i == 0:
		return s.looks[0]
	case i == len(s.looks):
		return s.looks[i-1]
	}
	a, b := s.looks[i-1], s.looks[i]
	part := func(a, b history.Micros, whole, done history.Micros) history.Micros { return a + (b-a)*done/whole }
	whole, done := b.at-a.at, at-a.at
	out := look{at: at, without: part(a.without, b.without, whole, done)}
	for i := range out.by {
		out.by[i] = part(a.by[i], b.by[i], whole, done)
	}
	return out
}
