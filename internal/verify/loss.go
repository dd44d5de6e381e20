package verify

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"sort"
	"strings"

	"halab/internal/history"
)

// MaxLost is how many lost requests a verdict lists one by one.
const MaxLost = 1000

// Lost is one lost request.
type Lost struct {
	history.Request
	Step int    `json:"step,omitempty"` // the step in whose window it was sent
	Text string `json:"step_text,omitempty"`
}

// loss is invariant 1: no request fails, and every answer is of a version
// that runs in the lab. Stale connections have a budget of their own.
type loss struct {
	run    *run
	lanes  map[string]*lossLane
	listed []Lost
	total  int64
	// broken are losses that came while the answer was under way. Which step
	// they came after is known once the steps up to then have gone by.
	broken []*history.Request
}

type lossLane struct {
	causes      map[string]int64
	lost, stale int64
	first, last history.Micros
	step        *Step
	staleFirst  history.Micros
	staleLast   history.Micros
}

func newLoss(r *run) *loss { return &loss{run: r, lanes: map[string]*lossLane{}} }

func (l *loss) observe(e history.Event) {
	if len(l.broken) > 0 {
		now, _ := span(e)
		l.settle(now)
	}
	r, ok := e.(*history.Request)
	if !ok {
		return
	}
	lane := l.lanes[r.Lane]
	if lane == nil {
		lane = &lossLane{causes: map[string]int64{}}
		l.lanes[r.Lane] = lane
	}
	switch l.run.class(r) {
	case lost:
		if LostAt(r) > began(r) {
			l.broken = append(l.broken, r)
			return
		}
		l.lose(r)
	case stale:
		if lane.stale == 0 {
			lane.staleFirst = began(r)
		}
		lane.stale++
		lane.staleLast = began(r)
	}
}

// LostAt is the moment to which a lost request belongs, in the verdict and in
// every report: what broke under way was lost when it ended, everything else
// when it was sent. One that waited for an answer until its timeout was lost
// by what happened when it was sent, not by what happened at that time.
func LostAt(r *history.Request) history.Micros {
	if brokeUnderWay(r) {
		return died(r)
	}
	return began(r)
}

// brokeUnderWay reports whether a lost request was under way until it broke.
func brokeUnderWay(r *history.Request) bool {
	switch r.Outcome {
	case history.Closed, history.InFlight, history.Reset, history.Truncated:
		return true
	case history.Proxy5xx:
		if r.Log != nil && strings.HasPrefix(string(r.Log.State), serverBrokeOff) {
			return true
		}
	}
	return lengthy(r) && cameThrough(r)
}

// cameThrough reports whether anything of a transfer or a stream did: of an
// upload, what a server may have read; of the others, a server's answer.
func cameThrough(r *history.Request) bool {
	if r.Log != nil && !r.Log.State.Connected() {
		return false
	}
	if r.Class() == history.UploadLane {
		return r.Put > 0
	}
	return r.First > 0 && r.Outcome != history.Proxy5xx
}

// lengthy reports whether a request takes long by intent: what goes wrong with it
// once it has begun happens at its end, not when it was sent.
func lengthy(r *history.Request) bool {
	switch r.Class() {
	case history.DownloadLane, history.UploadLane, history.StreamLane:
		return true
	}
	return false
}

// died is the moment at which a lost request ended: by HAProxy's log, where that
// says it was broken off. A client that reads slowly gets to the end of what it
// was sent later, maybe after another step.
func died(r *history.Request) history.Micros {
	done := r.Done
	if l := r.Log; arrived(r) && l.Ta >= 0 && !l.State.Clean() {
		done = min(done, servedBy(l))
	}
	return max(done, began(r))
}

// serverBrokeOff begins the termination state of a request that a server had
// taken, and whose connection ended before a whole header (HAProxy manual 8.5).
const serverBrokeOff = "SH"

// settle counts the losses under way that had come by then.
func (l *loss) settle(now history.Micros) {
	kept := l.broken[:0]
	for _, r := range l.broken {
		if LostAt(r) < now {
			l.lose(r)
		} else {
			kept = append(kept, r)
		}
	}
	l.broken = kept
}

func (l *loss) lose(r *history.Request) {
	lane, step := l.lanes[r.Lane], l.run.stepAt(LostAt(r))
	if lane.lost == 0 || LostAt(r) < lane.first {
		lane.first, lane.step = LostAt(r), step
	}
	lane.lost++
	lane.last = max(lane.last, LostAt(r))
	lane.causes[l.run.cause(r)]++
	l.total++
	item := Lost{Request: *r}
	l.run.evidence.lose(r, step)
	if step != nil {
		step.Lost++
		item.Step, item.Text = step.Index, step.Text
	}
	if len(l.listed) < MaxLost {
		l.listed = append(l.listed, item)
	}
}

func (l *loss) findings() []Finding {
	l.settle(math.MaxInt64)
	slices.SortStableFunc(l.listed, func(a, b Lost) int { return cmp.Compare(LostAt(&a.Request), LostAt(&b.Request)) })
	var out []Finding
	var staleTotal int64
	for _, name := range l.run.order {
		lane := l.lanes[name]
		if lane == nil {
			continue
		}
		staleTotal += lane.stale
		out = append(out, l.finding(name, lane))
	}
	if staleTotal > 0 {
		out = append(out, l.staleFinding(staleTotal))
	}
	return out
}

func (l *loss) finding(name string, lane *lossLane) Finding {
	n := l.run.lane(name).Probed()
	f := Finding{Invariant: "no failure", Lane: name, Result: Pass, Count: lane.lost}
	if lane.lost == 0 {
		f.Text = fmt.Sprintf("0 of %s lost on %s", plural(n, "request"), name)
		return f
	}
	f.First, f.Last = lane.first, lane.last
	f.Text = fmt.Sprintf("%d of %s lost on %s: %s", lane.lost, plural(n, "request"), name, causes(lane.causes))
	if lane.step != nil {
		f.Step, f.Line = lane.step.Index, lane.step.Line
		f.Text += fmt.Sprintf("; the first at %s, after step %d %s", at(lane.first), f.Step, lane.step.Text)
	} else {
		f.Text += fmt.Sprintf("; the first at %s, before any step did anything", at(lane.first))
	}
	if l.total > int64(l.run.scenario.Expect.Lost) {
		f.Result = Fail
	}
	return f
}

func (l *loss) staleFinding(total int64) Finding {
	f := Finding{Invariant: "stale connections", Result: Pass, Count: total,
		Text: fmt.Sprintf("%s found %s reused connection closed (%d allowed)", plural(total, "request"), choose(total, "its", "their"), l.run.scenario.Expect.Stale)}
	for _, lane := range l.lanes {
		if lane.stale > 0 && (f.First == 0 || lane.staleFirst < f.First) {
			f.First = lane.staleFirst
		}
		f.Last = max(f.Last, lane.staleLast)
	}
	if step := l.run.stepAt(f.First); step != nil {
		f.Step, f.Line = step.Index, step.Line
	}
	if total > int64(l.run.scenario.Expect.Stale) {
		f.Result = Fail
	}
	return f
}

// causes writes counts by cause, the most frequent first.
func causes(counts map[string]int64) string {
	names := make([]string, 0, len(counts))
	for name := range counts {
		names = append(names, name)
	}
	slices.Sort(names)
	sort.SliceStable(names, func(i, j int) bool { return counts[names[i]] > counts[names[j]] })
	for i, name := range names {
		names[i] = fmt.Sprintf("%d %s", counts[name], name)
	}
	return strings.Join(names, ", ")
}

// plural writes a count with its noun: 1 request, 2 requests.
func plural(n int64, noun string) string {
	return fmt.Sprintf("%d %s", n, choose(n, noun, noun+"s"))
}

// choose is the word that goes with one, or the one that goes with several.
func choose(n int64, one, several string) string {
	if n == 1 {
		return one
	}
	return several
}

// at writes a time of the run: 12.345s.
func at(m history.Micros) string { return fmt.Sprintf("%.3fs", m.D().Seconds()) }
