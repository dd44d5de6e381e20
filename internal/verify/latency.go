package verify

import (
	"fmt"
	"math"
	"math/bits"

	"halab/internal/history"
)

// Latency is how long answers took on one lane in one phase of the run,
// counted from the intended send time.
type Latency struct {
	Lane  string         `json:"lane"`
	Phase string         `json:"phase"` // before, during or after the steps
	Count int64          `json:"count"`
	P50   history.Micros `json:"p50_us"`
	P99   history.Micros `json:"p99_us"`
	Max   history.Micros `json:"max_us"`
}

var phases = [...]string{"before", "during", "after"}

// latency is invariant 9: the steps do not slow the traffic down beyond what
// the scenario allows. Where it is silent this only measures, as it does for
// downloads and uploads, which last by intent: standstill judges their excess.
type latency struct {
	run   *run
	lanes map[string]*[len(phases)]histogram
	phase int
	left  int            // steps that have not ended
	until history.Micros // the end of the phase during, once it is known
}

func newLatency(r *run) *latency {
	return &latency{run: r, lanes: map[string]*[len(phases)]histogram{}, left: r.planned()}
}

func (l *latency) observe(e history.Event) {
	switch e := e.(type) {
	case *history.Step:
		l.step(e)
	case *history.Request:
		if l.run.class(e) != fine || e.Class() == history.StepLane || e.Class() == history.StreamLane {
			return
		}
		if l.lanes[e.Lane] == nil {
			l.lanes[e.Lane] = &[len(phases)]histogram{}
		}
		phase := l.phase
		if phase == 1 && l.until > 0 && e.Intended > l.until {
			phase = 2
		}
		l.lanes[e.Lane][phase].add(e.Done - e.Intended)
	}
}

// settle is how long after the last step the traffic is still counted as
// during: what a step did shows in the requests after it.
const settle = history.Micros(1_000_000)

// step: the first command begins the phase during, which ends a moment after
// the last step.
func (l *latency) step(e *history.Step) {
	if e.Phase == history.Command && l.phase == 0 {
		l.phase = 1
	}
	if e.Phase == history.Ended {
		if l.left--; l.left == 0 {
			l.until = e.At + settle
		}
	}
}

// list is the table of all lanes and phases.
func (l *latency) list() []Latency {
	out := []Latency{}
	for _, name := range l.run.order {
		for i, phase := range phases {
			if lane := l.lanes[name]; lane != nil && lane[i].count > 0 {
				h := &lane[i]
				out = append(out, Latency{Lane: name, Phase: phase, Count: h.count, P50: h.quantile(0.5), P99: h.quantile(0.99), Max: h.max})
			}
		}
	}
	return out
}

func (l *latency) findings() []Finding {
	var out []Finding
	known := l.known()
	for _, name := range l.run.order {
		lane := l.lanes[name]
		if class := history.LaneClass(name); class == history.StepLane || class == history.StreamLane { // a stream lasts as long as it is wanted
			continue
		}
		bounded := !transfers(name)
		if why := l.unknown(lane); why != "" && bounded {
			if !known[history.LaneFrontend(name)] {
				out = append(out, Finding{Invariant: "latency", Lane: name, Result: Inconclusive, Count: 1,
					Text: fmt.Sprintf("there was no answer on %s %s the steps, so their latency cannot be judged", name, why)})
			}
			continue
		}
		if lane == nil || lane[1].count == 0 {
			continue
		}
		before, during := lane[0].quantile(0.99), lane[1].quantile(0.99)
		f := Finding{Invariant: "latency", Lane: name, Result: Pass,
			Text: fmt.Sprintf("p99 on %s: %s before the steps (of %d), %s during (of %d)", name, round(before), lane[0].count, round(during), lane[1].count)}
		if limit := l.limit(before); bounded && during > limit {
			f.Result, f.Count = Fail, 1
			f.Text += fmt.Sprintf("; %s is allowed", round(limit))
		}
		out = append(out, f)
	}
	return out
}

// transfers tells a lane whose requests last as long as the scenario says.
func transfers(lane string) bool {
	class := history.LaneClass(lane)
	return class == history.DownloadLane || class == history.UploadLane
}

// known are the frontends of which a lane can be judged: one that sends too
// seldom to have been answered in a phase takes nothing from what it shows.
func (l *latency) known() map[string]bool {
	out := map[string]bool{}
	for name, lane := range l.lanes {
		if !transfers(name) && l.unknown(lane) == "" {
			out[history.LaneFrontend(name)] = true
		}
	}
	return out
}

// unknown names the phase without an answer, where the scenario bounds the
// latency and that phase is needed for it.
func (l *latency) unknown(lane *[len(phases)]histogram) string {
	want := l.run.scenario.Expect.Latency
	switch {
	case want == nil || want.P99 == 0 && want.Factor == 0:
		return ""
	case lane == nil || lane[1].count == 0:
		return "during"
	case want.Factor > 0 && lane[0].count == 0:
		return "before"
	}
	return ""
}

func (l *latency) limit(before history.Micros) history.Micros {
	limit := history.Micros(math.MaxInt64)
	want := l.run.scenario.Expect.Latency
	if want == nil {
		return limit
	}
	if want.P99 > 0 {
		limit = history.M(want.P99.D())
	}
	if want.Factor > 0 && before > 0 {
		limit = min(limit, history.Micros(want.Factor*float64(before)))
	}
	return limit
}

// histogram counts times in buckets that are at most 1/32 of their value
// wide, so a quantile is right to 3 %; it takes 16 KiB whatever it counts.
type histogram struct {
	buckets [64 * subBuckets]int64
	count   int64
	max     history.Micros
}

const subBuckets = 32

func (h *histogram) add(m history.Micros) {
	h.count++
	h.max = max(h.max, m)
	h.buckets[bucket(uint64(max(m, 0)))]++
}

// bucket keeps the five bits below the highest one.
func bucket(v uint64) int {
	if v < subBuckets {
		return int(v)
	}
	exp := bits.Len64(v) - 6 // v>>exp is in [32, 64)
	return (exp+1)*subBuckets + int(v>>exp) - subBuckets
}

// upper is the largest value of a bucket.
func upper(b int) uint64 {
	if b < subBuckets {
		return uint64(b)
	}
	exp := b/subBuckets - 1
	return (uint64(b%subBuckets)+subBuckets+1)<<exp - 1
}

// quantile is the smallest value that at least the share q of all is not
// above (nearest rank), 0 when nothing was counted.
func (h *histogram) quantile(q float64) history.Micros {
	rank := int64(math.Ceil(q * float64(h.count)))
	var seen int64
	for b, n := range h.buckets {
		if seen += n; n > 0 && seen >= rank {
			return min(history.Micros(upper(b)), h.max)
		}
	}
	return 0
}
