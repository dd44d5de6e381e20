package rehearse

import (
	"time"

	"halab/internal/history"
	"halab/internal/lab"
)

// hostRecord sums up what the host counts, and says it once a second where it is
// worth recording.
type hostRecord struct {
	from look // at 0: not yet begun
	last lab.Pressure
}

// hostEvery is the time between two records, and hostMoved the share of it, in
// a hundred, from which what the host counts is recorded.
const (
	hostEvery = history.Micros(time.Second / time.Microsecond)
	hostMoved = 20
)

// add takes what was counted by now.
func (h *hostRecord) add(now look, p lab.Pressure) *history.Host {
	if h.from.at == 0 {
		*h = hostRecord{now, p}
		h.from.at = max(now.at, 1)
		return nil
	}
	passed := now.at - h.from.at
	if passed < hostEvery {
		return nil
	}
	e := &history.Host{
		At: now.at, Lasted: passed, Held: now.without - h.from.without, HeldBy: now.mostly(&h.from),
		CPU: history.M(p.CPU - h.last.CPU), IO: history.M(p.IO - h.last.IO),
		Memory: history.M(p.Memory - h.last.Memory), Steal: history.M(p.Steal - h.last.Steal),
	}
	*h = hostRecord{now, p}
	if 100*max(e.Held, e.CPU, e.IO, e.Memory, e.Steal) < hostMoved*passed {
		return nil
	}
	return e
}
