package verify

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"time"

	"halab/internal/history"
)

// coverage is invariant 3: the schedule was kept on every lane. No tick was
// dropped, every request has its record, and from the start of the traffic to
// its end lies no gap between two probes that is wider than the scenario
// allows: what falls into a gap is not seen.
type coverage struct {
	run     *run
	lanes   map[string]*covered
	records map[string]*records
}

type covered struct {
	ticks   int64 // requests seen, unsent ones too
	last    history.Micros
	largest history.Micros
	at      history.Micros   // where the largest gap begins
	lives   *lives           // of the lane of the streams
	steps   []history.Micros // the largest gap that touches each step's window
}

func newCoverage(r *run) *coverage {
	return &coverage{run: r, lanes: map[string]*covered{}, records: map[string]*records{}}
}

func (c *coverage) observe(e history.Event) {
	r, ok := e.(*history.Request)
	if !ok {
		return
	}
	if c.records[r.Lane] == nil {
		c.records[r.Lane] = &records{}
	}
	c.records[r.Lane].add(number(r))
	if r.Class() == history.StepLane {
		return
	}
	lane := c.lanes[r.Lane]
	if lane == nil {
		lane = &covered{}
		if r.Class() == history.StreamLane {
			lane.lives = &lives{apart: c.run.lane(r.Lane).Interval}
		}
		c.lanes[r.Lane] = lane
	}
	lane.ticks++
	switch {
	case r.Outcome == history.Unsent, r.Outcome == history.Stale: // nothing was written
	case lane.lives != nil:
		lane.lives.add(r)
	default:
		lane.inSteps(c.run.steps, began(r))
		lane.probed(began(r))
	}
}

// inSteps notes the gap up to a probe for the steps whose time it touches:
// that of a step goes to the start of the next one.
func (l *covered) inSteps(steps []Step, at history.Micros) {
	for len(l.steps) < len(steps) {
		l.steps = append(l.steps, 0)
	}
	for i := len(steps) - 1; i >= 0; i-- {
		if steps[i].Begin < at {
			l.steps[i] = max(l.steps[i], at-l.last)
		}
		if steps[i].Begin <= l.last {
			return
		}
	}
}

// stepGaps tells each step its gap: an outage of a frontend has to hide from
// every lane that goes there.
func (c *coverage) stepGaps() {
	for i := range c.run.steps {
		least := map[string]history.Micros{} // by frontend
		for name, lane := range c.lanes {
			frontend := history.LaneFrontend(name)
			if i < len(lane.steps) && lane.steps[i] > 0 && (least[frontend] == 0 || lane.steps[i] < least[frontend]) {
				least[frontend] = lane.steps[i]
			}
		}
		for _, gap := range least {
			c.run.steps[i].Gap = max(c.run.steps[i].Gap, gap)
		}
	}
}

// probed measures the gap up to a probe, or up to the end of the traffic.
func (l *covered) probed(at history.Micros) {
	if at-l.last > l.largest {
		l.largest, l.at = at-l.last, l.last
	}
	l.last = max(l.last, at)
}

// allowed is the widest gap that still proves something: what the scenario
// says, else three intervals of the densest lane and never less than busy.
func (c *coverage) allowed() history.Micros {
	if d := c.run.scenario.Expect.MaxGap; d > 0 {
		return history.M(d.D())
	}
	return max(3*c.run.densest(), busy)
}

// busy is what a busy machine loses to its own scheduling.
const busy = history.Micros(250_000)

func (c *coverage) findings() []Finding {
	if len(c.lanes) == 0 {
		return []Finding{{Invariant: "coverage", Result: Inconclusive, Text: "no request was sent, so nothing is proved"}}
	}
	c.stepGaps()
	best := c.best()
	var out []Finding
	for _, name := range c.run.asks() {
		if !slices.Contains(c.run.order, name) {
			out = append(out, Finding{Invariant: "coverage", Lane: name, Result: Inconclusive, Count: 1, Text: fmt.Sprintf("the scenario asks for the lane %s, and the history has none", name)})
		}
	}
	var worst *covered // of the frontend that was seen least
	for _, name := range c.run.order {
		if history.LaneClass(name) == history.StepLane {
			continue
		}
		b := best[history.LaneFrontend(name)]
		if b == nil {
			b = &covered{largest: math.MaxInt64}
		}
		out = append(out, c.lane(name, b.largest)...)
		if worst == nil || b.largest > worst.largest {
			worst = b
		}
	}
	for _, name := range c.known() {
		out = append(out, c.complete(name)...)
	}
	return append(out, c.gap(worst.largest, worst.at))
}

// best are the lanes that saw best, by frontend: an outage of it has to hide
// in a gap of every lane that sends there.
func (c *coverage) best() map[string]*covered {
	best := map[string]*covered{}
	sends := slices.ContainsFunc(c.run.order, func(name string) bool { return c.lanes[name] != nil && history.LaneClass(name) != history.StreamLane })
	for name, lane := range c.lanes {
		if lane.lives != nil {
			lane.lived(lane.lives)
		}
		lane.probed(c.run.trafficEnd())
		c.run.lane(name).Largest = lane.largest
		if history.LaneClass(name) == history.StreamLane && sends {
			continue
		}
		b := best[history.LaneFrontend(name)]
		if b == nil || lane.largest < b.largest || lane.largest == b.largest && lane.at < b.at {
			best[history.LaneFrontend(name)] = lane
		}
	}
	return best
}

// known are the lanes that have a record, and those that have to have one.
func (c *coverage) known() []string {
	names := slices.Clone(c.run.order)
	if c.run.end != nil {
		for _, name := range slices.Sorted(maps.Keys(c.run.end.Issued)) {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// trafficEnd is the time up to which requests are wanted: the traffic goes on
// for a while after the last step. A run that was cut has none.
func (r *run) trafficEnd() history.Micros {
	if r.cut || r.end == nil || r.end.Error != "" {
		return 0
	}
	end := history.M(r.scenario.Traffic.BeforeD())
	for _, s := range r.steps {
		end = max(end, s.End)
	}
	return end + history.M(r.scenario.Traffic.AfterD())
}

// lane judges what one lane has missed by itself, where best is what all of
// them have missed.
func (c *coverage) lane(name string, best history.Micros) []Finding {
	l := c.lanes[name]
	if l == nil {
		return []Finding{{Invariant: "coverage", Lane: name, Result: Inconclusive, Text: fmt.Sprintf("no request was sent on %s", name)}}
	}
	var out []Finding
	doubt := func(count int64, format string, args ...any) {
		out = append(out, Finding{Invariant: "coverage", Lane: name, Result: Inconclusive, Count: count, Text: fmt.Sprintf(format, args...)})
		out[len(out)-1].busy(bySchedule)
	}
	if n := c.run.lane(name).Unsent; n > 0 {
		doubt(n, "the prober fell behind: %d of %s on %s %s never sent%s", n, plural(l.ticks, "request"), name, choose(n, "was", "were"), l.kept(n, c.run.lane(name).Interval)+c.run.hosts.between(0, c.run.last))
	}
	if limit := max(c.allowed(), 3*c.run.lane(name).Interval, busy); l.largest > limit && best <= c.allowed() {
		doubt(1, "nothing was sent on %s for %s, from %s; %s is allowed", name, round(l.largest), at(l.at), round(limit))
		out[len(out)-1].First = l.at
		out[len(out)-1].locate(c.run, l.at)
	}
	return out
}

// kept says how many requests a second could be sent, of those that the
// schedule wanted. It is rounded down: what fell behind did not keep up.
func (l *covered) kept(unsent int64, interval history.Micros) string {
	if interval <= 0 {
		return ""
	}
	wanted := 1 / interval.D().Seconds()
	steps := 1.0 // of a request a second
	if wanted < 10 {
		steps = 100
	}
	kept := math.Floor(wanted*float64(l.ticks-unsent)/float64(l.ticks)*steps) / steps
	wanted = math.Round(wanted*steps) / steps
	return fmt.Sprintf("; about %s of %s a second were kept", strconv.FormatFloat(kept, 'f', -1, 64), strconv.FormatFloat(wanted, 'f', -1, 64))
}

// tooFew is how many requests bound no rate: the rule of three says nothing
// of three.
const tooFew = 3

// answers counts what was sent on schedule and was answered or lost.
func (c *coverage) answers() int64 {
	var n int64
	for name := range c.lanes {
		n += c.run.lane(name).Probed()
	}
	return n
}

// gap judges what every lane has missed.
func (c *coverage) gap(best, where history.Micros) Finding {
	f := Finding{Invariant: "coverage", Result: Pass, First: where}
	f.Text = fmt.Sprintf("the largest gap between two probes is %s: a shorter outage could have gone unseen", round(best))
	if n := c.answers(); n <= tooFew {
		f.Result, f.Count = Inconclusive, 1
		f.Text = fmt.Sprintf("%s sent in all: too few to say anything of many", plural(n, "request")+choose(n, " was", " were"))
	}
	if best > c.allowed() {
		f.Result, f.Count = Inconclusive, 1
		f.Text = fmt.Sprintf("the largest gap between two probes is %s, at %s; %s is allowed", round(best), at(where), round(c.allowed()))
		if c.answers() > tooFew && best > 2*c.run.densest() { // no schedule makes that gap
			f.busy(bySchedule)
			f.Text += c.run.hosts.between(where, where+best)
		}
	}
	if step := c.run.stepAt(where); step != nil {
		f.Step, f.Line = step.Index, step.Line
	}
	return f
}

// round shortens a length of time for people without hiding its size.
func round(m history.Micros) string {
	d := m.D()
	switch {
	case d >= time.Second:
		return d.Round(10 * time.Millisecond).String()
	case d >= 10*time.Millisecond:
		return d.Round(100 * time.Microsecond).String()
	}
	return d.String()
}
