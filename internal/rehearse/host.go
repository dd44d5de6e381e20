package rehearse

import (
	"time"

	"halab/internal/history"
	"halab/internal/lab"
)

// hostRecord sums up what the host counts, and says it once a second where it is
// worth recording.
type hostRecord struct {
	from    history.Micros // 0: not yet begun
	without history.Micros // how long the lab had been held up by then
	last    lab.Pressure
}

// hostEvery is the time between two records, and hostMoved the share of it, in
// a hundred, from which what the host counts is recorded.
const (
	hostEvery = history.Micros(time.Second / time.Microsecond)
	hostMoved = 20
)

// add takes what was counted by now.
func (h *hostRecord) add(now, without history.Micros, p lab.Pressure) *history.Host {
	if h.from == 0 {
		*h = hostRecord{from: max(now, 1), without: without, last: p}
		return nil
	}
	passed := now - h.from
	if passed < hostEvery {
		return nil
	}
	e := &history.Host{
		At: now, Lasted: passed, Held: without - h.without,
		CPU: history.M(p.CPU - h.last.CPU), IO: history.M(p.IO - h.last.IO), FullIO: history.M(p.FullIO - h.last.FullIO),
		Memory: history.M(p.Memory - h.last.Memory), FullMemory: history.M(p.FullMemory - h.last.FullMemory), Steal: history.M(p.Steal - h.last.Steal),
	}
	*h = hostRecord{from: now, without: without, last: p}
	if 100*max(e.Held, e.CPU, e.IO, e.Memory, e.Steal) < hostMoved*passed {
		return nil
	}
	return e
}
