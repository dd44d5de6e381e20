package verify

import (
	"fmt"

	"halab/internal/history"
)

// The measurements by which the machine is to blame, beside those by which a
// request was held up (history.HeldByCPU and so on).
const (
	bySchedule   = "schedule"   // halab sent or looked later than it was to
	bySchedstat  = "schedstat"  // of a history that does not say what held it up
	byOfAControl = "of control" // the control says by which
)

// busy makes a finding one that comes from the machine, by this measurement.
func (f *Finding) busy(measure string) { f.Busy, f.Measured = true, measure }

// stall is how long the host held up the lab or halab, and by what mostly.
type stall struct {
	length history.Micros
	by     string
}

// heldUp is that of a request.
func heldUp(r *history.Request) stall { return stall{r.Starved, r.StarvedBy} }

// longer takes a request's if it is longer.
func (h *stall) longer(r *history.Request) {
	if r.Starved > h.length {
		*h = heldUp(r)
	}
}

// measure names the measurement.
func (h stall) measure() string {
	if h.by == "" {
		return bySchedstat
	}
	return h.by
}

// String says what happened, by which measurement.
func (h stall) String() string {
	length := round(h.length)
	switch h.by {
	case history.HeldByCPU:
		return fmt.Sprintf("HAProxy, nginx or halab was CPU-starved for %s (schedstat): the host was overloaded", length)
	case history.HeldByDisk:
		return fmt.Sprintf("the host stood still for %s (io): HAProxy or nginx was blocked", length)
	case history.HeldBySteal:
		return fmt.Sprintf("the host stood still for %s (steal): its hypervisor ran others", length)
	case history.HeldBySelf:
		return fmt.Sprintf("halab's schedule was %s late: halab was suspended, or the host was overloaded", length)
	}
	return fmt.Sprintf("HAProxy, nginx or halab was CPU-starved for %s (schedstat): the host was overloaded, or halab was suspended", length)
}

// hosts are what the host counted of itself, as far as it was much.
type hosts []history.Host

// maxHosts bounds them: they come once a second.
const maxHosts = 100_000

func (h *hosts) add(e *history.Host) {
	if len(*h) < maxHosts {
		*h = append(*h, *e)
	}
}

// held is how long the host held up the lab or halab between two moments.
func (h hosts) held(from, to history.Micros) stall {
	var sum, most stall
	for i := range h {
		e := &h[i]
		length := min(max(e.Held, 0), overlap(e.At-e.Lasted, e.At, from, to))
		if length > most.length {
			most = stall{length, e.HeldBy}
		}
		sum.length += length
	}
	sum.by = most.by
	return sum
}

// overlap is how long two times are one.
func overlap(from, to, otherFrom, otherTo history.Micros) history.Micros {
	return max(0, min(to, otherTo)-max(from, otherFrom))
}

// between says what the host counted between two moments, "" where it was not
// much.
func (h hosts) between(from, to history.Micros) string {
	var sum history.Host
	for i := range h {
		e := &h[i]
		if e.Lasted <= 0 || e.At <= from || e.At-e.Lasted >= to {
			continue
		}
		sum.Lasted += e.Lasted
		sum.CPU, sum.IO, sum.Memory, sum.Steal = sum.CPU+e.CPU, sum.IO+e.IO, sum.Memory+e.Memory, sum.Steal+e.Steal
	}
	var text string
	for _, p := range []struct {
		name string
		of   history.Micros
	}{{"cpu", sum.CPU}, {"io", sum.IO}, {"memory", sum.Memory}, {"steal", sum.Steal}} {
		if share := share(p.of, sum.Lasted); share >= 10 {
			text += fmt.Sprintf(", %s %d %%", p.name, share)
		}
	}
	if text == "" {
		return ""
	}
	return "; pressure on the host then: " + text[2:]
}

// share is how much of a whole a part is, in a hundred.
func share(part, whole history.Micros) int64 {
	if whole <= 0 || part <= 0 {
		return 0
	}
	return int64(min(100, 100*float64(part)/float64(whole)))
}
