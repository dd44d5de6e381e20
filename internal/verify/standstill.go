package verify

import (
	"fmt"
	"slices"

	"halab/internal/history"
)

// standstill is that the traffic never stood still: from the first command on
// no client waited long for its answer, nor for the next message of a stream.
// A request that is answered in the end was not lost, and a p99 hides a few of
// many; whoever waited for it saw an outage all the same.
//
// Downloads and uploads take long by intent and are left out.
type standstill struct {
	run   *run
	begun history.Micros // the first command
	acted bool
	lanes map[string]*waits
	open  []wait // whose end is not past yet
	*signs
}

// longWait is the longest wait that is none: HAProxy's retry timer. From one
// second on a client cannot tell a server that stood still from one that was
// tried again, and neither is an upgrade that nobody notices.
const longWait = history.Micros(1_000_000)

// wait is the time in which somebody waited on a lane.
type wait struct {
	lane     string
	from, to history.Micros
	less     history.Micros // what of it is told by another rule, or is meant
	// served and answered are when HAProxy had the request, where its log
	// tells: that long it was the lab that was waited for.
	served, answered history.Micros
	// sent is when it was sent on a connection that was there: until then it
	// was halab that was waited for.
	sent history.Micros
}

func (w *wait) length() history.Micros { return w.to - w.from - w.less }

// waits are the longest of a lane.
type waits struct {
	before history.Micros // of those that had ended by the first command
	seen   wait           // as a client saw it
	labs   wait           // of those that halab did not sleep through
	own    history.Micros // how long that is without halab's sleep
}

func newStandstill(r *run) *standstill {
	return &standstill{run: r, lanes: map[string]*waits{}, signs: newSigns(r)}
}

func (s *standstill) observe(e history.Event) {
	if s.signs.observe(e) {
		s.settle(s.latest)
	}
	switch e := e.(type) {
	case *history.Step:
		if e.Phase == history.Command && !s.acted {
			s.acted, s.begun = true, e.At
		}
	case *history.Request:
		if s.run.class(e) == fine {
			s.request(e)
		}
	}
}

func (s *standstill) request(r *history.Request) {
	switch r.Class() {
	case StepLane, "download", uploadLane:
	case StreamLane:
		apart := s.run.lane(r.Lane).Interval
		s.add(wait{lane: r.Lane, from: r.Intended, to: answeredAt(r), less: apart}) // an event stream begins with its first message
		if r.Quiet > 0 {
			from := r.QuietFrom
			if from == 0 {
				from = answeredAt(r)
			}
			s.add(wait{lane: r.Lane, from: from, to: from + r.Quiet, less: apart})
		}
	default:
		w := wait{lane: r.Lane, from: r.Intended, to: r.Done}
		if r.Reuse > 0 {
			w.sent = r.Sent
		}
		if l := r.Log; l != nil && l.Arrived > 0 {
			w.served, w.answered = l.Arrived, servedBy(l)
		}
		if r.Log != nil && r.Log.Retries > 0 {
			w.less = millis(r.Log.Tc) // that HAProxy tried again is told by masked
		}
		s.add(w)
	}
}

// servedBy is when HAProxy had handed on all of an answer: its log counts in
// whole milliseconds.
func servedBy(l *history.Seen) history.Micros { return l.Arrived + millis(l.Ta+1) }

func millis(n int64) history.Micros { return history.Micros(n) * 1000 }

// add takes a wait whose length alone decides at once. Of the others it has to
// be known what happened until their end.
func (s *standstill) add(w wait) {
	if s.acted && w.length() < asleepFrom {
		s.note(&w, w.length())
		return
	}
	s.open = append(s.open, w)
}

// settle judges the waits that were over by then.
func (s *standstill) settle(now history.Micros) {
	left := s.open[:0]
	for i := range s.open {
		if w := &s.open[i]; w.to >= now {
			left = append(left, *w)
		} else {
			s.note(w, w.length()-s.asleep(w))
		}
	}
	s.open = left
}

// note keeps a wait if it is the longest, of which own is the lab's.
func (s *standstill) note(w *wait, own history.Micros) {
	lane := s.lanes[w.lane]
	if lane == nil {
		lane = &waits{}
		s.lanes[w.lane] = lane
	}
	if !s.acted || w.to <= s.begun {
		lane.before = max(lane.before, own)
		return
	}
	if w.length() > lane.seen.length() {
		lane.seen = *w
	}
	if own > lane.own {
		lane.labs, lane.own = *w, own
	}
}

func (s *standstill) findings() []Finding {
	for i := range s.open {
		s.note(&s.open[i], s.open[i].length()-s.asleep(&s.open[i]))
	}
	var out []Finding
	longest := &wait{}
	for _, name := range s.run.order {
		lane := s.lanes[name]
		if lane == nil {
			continue
		}
		if lane.seen.length() > longest.length() {
			longest = &lane.seen
		}
		switch limit := s.limit(lane.before); {
		case lane.own > limit:
			out = append(out, s.finding(&lane.labs, Fail, fmt.Sprintf("the traffic stood still for %s on %s, from %s; %s is allowed",
				round(lane.labs.length()), name, at(lane.labs.from), round(limit))))
		case lane.seen.length() > limit:
			out = append(out, s.finding(&lane.seen, Inconclusive, fmt.Sprintf("somebody waited %s on %s, from %s, while halab itself stood still: whether the traffic did cannot be known",
				round(lane.seen.length()), name, at(lane.seen.from))))
		}
	}
	if len(out) == 0 && longest.lane != "" {
		out = append(out, s.finding(longest, Pass, fmt.Sprintf("from the first command on nobody waited longer than %s for an answer (on %s, at %s)", round(longest.length()), longest.lane, at(longest.from))))
	}
	return out
}

// finding puts the step into the text: one that was waiting when the first
// command came stood still for it.
func (s *standstill) finding(w *wait, result Result, text string) Finding {
	f := Finding{Invariant: "standstill", Result: result, Text: text, First: w.from, Last: w.to}
	step := s.run.stepAt(max(w.from, s.begun))
	if step != nil {
		f.Step, f.Line = step.Index, step.Line
	}
	if result == Pass || step == nil {
		return f
	}
	f.Lane, f.Count = w.lane, 1
	f.Text += fmt.Sprintf("; it began after step %d %s", step.Index, step.Text)
	return f
}

// limit is what the scenario says, else a second: or more, where it allows a
// p99 of more, or where it took more already before any step.
func (s *standstill) limit(before history.Micros) history.Micros {
	limit := max(longWait, before)
	want := s.run.scenario.Expect.Latency
	if want == nil {
		return limit
	}
	if want.Max > 0 {
		return history.M(want.Max.D())
	}
	return max(limit, history.M(want.P99.D()), history.Micros(want.Factor*float64(before)))
}

// signs are the signs that halab itself was alive: what it sent, did and saw.
type signs struct {
	every  history.Micros // how often there is one by the schedule; 0: not known
	latest history.Micros
	sleeps []sleep
}

// sleep is a time without a sign that the schedule does not explain.
type sleep struct{ from, to history.Micros }

// asleepFrom is how much longer than by the schedule it has to be, so that
// what is kept is bounded by the length of the run.
const asleepFrom = history.Micros(50_000)

func newSigns(r *run) *signs {
	s := &signs{}
	for _, l := range r.header.Lanes {
		if history.LaneClass(l.Name) != StreamLane { // nothing is sent on it
			s.every = r.densest()
		}
	}
	return s
}

// observe tells whether the event is a sign. One that was never sent stands at
// the time when it was due.
func (s *signs) observe(e history.Event) bool {
	if r, ok := e.(*history.Request); ok && r.Sent == 0 {
		return false
	}
	now, _ := span(e)
	if s.every > 0 && now-s.latest > s.every+asleepFrom {
		s.sleeps = append(s.sleeps, sleep{s.latest, now})
	}
	s.latest = max(s.latest, now)
	return true
}

// asleep is how long halab may have slept of a wait, but while HAProxy had the
// request. HAProxy's word alone is not enough: one that stood still itself does
// not count that time.
func (s *signs) asleep(w *wait) history.Micros {
	from := max(w.from, w.sent)
	switch late := from - w.from; {
	case s.every == 0:
		return late
	case w.answered == 0:
		return late + s.within(from, w.to)
	default:
		return late + s.within(from, min(w.served, w.to)) + s.within(max(w.answered, from), w.to)
	}
}

// within is how long halab may have slept between two moments: as long as it
// gave no sign and, unseen, as long as from one sign to the next.
func (s *signs) within(from, to history.Micros) history.Micros {
	if from >= to {
		return 0
	}
	var sum history.Micros
	first, _ := slices.BinarySearchFunc(s.sleeps, from, func(p sleep, at history.Micros) int { return int(p.to - at) })
	for _, p := range s.sleeps[first:] {
		if p.from >= to {
			break
		}
		sum += min(p.to, to) - max(p.from, from)
	}
	return min(to-from, max(sum, s.every))
}
