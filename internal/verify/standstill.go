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
// Downloads and uploads take long by intent: of them, what they took longer.
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
	meant    history.Micros // of it, what was wanted: a transfer's length, or the time between two messages of a stream
	retries  history.Micros // of it, what HAProxy may have paused before it tried again
	// served and answered are when HAProxy had the request, where its log
	// tells: that long it was the lab that was waited for.
	served, answered history.Micros
	// sent is when it was sent on a connection that was there: until then it
	// was halab that was waited for.
	sent    history.Micros
	starved bool // the host held up a program for most of it
	held    stall
}

// length is that of the wait which this rule judges: that HAProxy tried again
// is told by masked.
func (w *wait) length() history.Micros { return w.told() - w.retries }

// told is how long a client waited.
func (w *wait) told() history.Micros { return w.to - w.from - w.meant }

// String writes how long a client waited, and what of it is not judged.
func (w *wait) String() string {
	if w.retries == 0 {
		return round(w.told())
	}
	return fmt.Sprintf("%s (up to %s of it by HAProxy's retries)", round(w.told()), round(w.retries))
}

// waits are the longest of a lane.
type waits struct {
	before history.Micros // of those that had ended by the first command
	told   wait           // as a client saw it
	seen   wait           // of it, what this rule judges
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
	case history.StepLane:
	case history.DownloadLane, history.UploadLane:
		if lasts := s.run.lasts(r); lasts > 0 {
			// HAProxy had it all the time, also while halab did not send or
			// read: its log tells nothing of who was waited for.
			s.add(wait{lane: r.Lane, from: r.Intended, to: r.Done, meant: lasts, starved: starved(r), held: heldUp(r)})
		}
	case history.StreamLane:
		apart := s.run.lane(r.Lane).Interval
		s.add(wait{lane: r.Lane, from: r.Intended, to: answeredAt(r), meant: apart}) // an event stream begins with its first message
		if r.Quiet > 0 {
			from := r.QuietFrom
			if from == 0 {
				from = answeredAt(r)
			}
			s.add(wait{lane: r.Lane, from: from, to: from + r.Quiet, meant: apart, starved: starved(r), held: heldUp(r)})
		}
	default:
		w := wait{lane: r.Lane, from: r.Intended, to: r.Done, starved: starved(r), held: heldUp(r)}
		if r.Reuse > 0 {
			w.sent = r.Sent
		}
		if arrived(r) {
			w.served, w.answered = r.Log.Arrived, servedBy(r.Log)
		}
		if l := r.Log; l != nil && l.Retries > 0 {
			w.retries = max(0, min(millis(l.Tc), history.Micros(l.Retries)*longWait))
		}
		s.add(w)
	}
}

// header is more than the header of an answer takes, in bytes: nginx counts it
// when it limits the rate.
const header = 512

// lasts is how long a transfer takes by the scenario, 0 where it has none.
func (r *run) lasts(q *history.Request) history.Micros {
	t := &r.scenario.Traffic
	switch {
	case q.Class() == history.DownloadLane && t.Download != nil:
		seconds := float64(t.Download.Bytes()+header) / float64(t.Download.Rate())
		return history.Micros(seconds * 1e6)
	case q.Class() == history.UploadLane && t.Upload != nil:
		return history.M(t.Upload.LastsD())
	}
	return 0
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
			s.note(w, s.own(w))
		}
	}
	s.open = left
}

// own is how much of a wait was the lab's doing.
func (s *standstill) own(w *wait) history.Micros {
	if w.starved || s.lagged(w.from, w.to) {
		return 0
	}
	return w.length() - s.asleep(w)
}

// late is how late halab's schedule was during a wait.
func (s *standstill) late(w *wait) history.Micros {
	late := s.asleep(w)
	for _, l := range s.lags {
		if l.from < w.to && l.to > w.from {
			late = max(late, l.to-l.from)
		}
	}
	return late
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
	if w.told() > lane.told.told() {
		lane.told = *w
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
		s.note(&s.open[i], s.own(&s.open[i]))
	}
	var out []Finding
	longest := &wait{}
	for _, name := range s.run.order {
		lane := s.lanes[name]
		if lane == nil {
			continue
		}
		if lane.told.told() > longest.told() {
			longest = &lane.told
		}
		switch limit := s.limit(name, lane.before); {
		case lane.own > limit:
			out = append(out, s.finding(&lane.labs, Fail, fmt.Sprintf("the traffic stood still for %s on %s, from %s; %s is allowed",
				&lane.labs, name, at(lane.labs.from), round(limit))))
		case lane.seen.length() > limit:
			why, measure := "halab itself stood still: its schedule was late by "+round(s.late(&lane.seen)), bySchedule
			if lane.seen.starved {
				why, measure = lane.seen.held.String(), lane.seen.held.measure()
			}
			out = append(out, s.finding(&lane.seen, Inconclusive, fmt.Sprintf("somebody waited %s on %s, from %s, while %s: whether the traffic stood still cannot be known",
				&lane.seen, name, at(lane.seen.from), why)))
			out[len(out)-1].busy(measure)
		}
	}
	if len(out) == 0 && longest.lane != "" {
		out = append(out, s.finding(longest, Pass, fmt.Sprintf("from the first command on nobody waited longer than %s for an answer (on %s, at %s)", longest, longest.lane, at(longest.from))))
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

// limit is what the scenario says, else a second, or more where it took more
// already before any step. Bounds of the p99 say nothing of the longest wait:
// they may not loosen it. Transfers are not exact enough for less than a
// second.
func (s *standstill) limit(lane string, before history.Micros) history.Micros {
	limit := max(longWait, before)
	if want := s.run.scenario.Expect.Latency; want != nil && want.Max > 0 {
		if limit = history.M(want.Max.D()); transfers(lane) {
			limit = max(limit, longWait)
		}
	}
	return limit
}

// signs are the signs that halab itself was alive: what it sent, did and saw.
type signs struct {
	every  history.Micros // how often there is one by the schedule; 0: not known
	apart  history.Micros // the longest time without one by the schedule
	latest history.Micros
	sleeps []sleep
	lags   []sleep // in which a tick was never sent, so late did halab come to it
}

// sleep is a time without a sign that the schedule does not explain.
type sleep struct{ from, to history.Micros }

// asleepFrom is how much longer than by the schedule it has to be, so that
// what is kept is bounded by the length of the run.
const asleepFrom = history.Micros(50_000)

func newSigns(r *run) *signs {
	s := &signs{}
	for _, l := range r.header.Lanes {
		if history.LaneClass(l.Name) == history.StreamLane {
			continue // nothing is sent on it
		}
		s.every = r.densest()
		if a := apart(l); s.apart == 0 || a < s.apart {
			s.apart = a
		}
	}
	return s
}

// apart is the longest time between two requests of a lane by its schedule: each
// is due at a random moment of its own interval, but for those of poll.
func apart(l history.Lane) history.Micros {
	if history.LaneClass(l.Name) == history.PollLane {
		return l.Interval
	}
	return 2 * l.Interval
}

// observe tells whether the event is a sign. One that was never sent stands at
// the time when it was due.
func (s *signs) observe(e history.Event) bool {
	if r, ok := e.(*history.Request); ok && r.Sent == 0 {
		if r.Outcome == history.Unsent && r.Done-r.Intended >= lagFrom {
			s.lag(sleep{r.Intended, r.Done})
		}
		return false
	}
	now, _ := span(e)
	if s.every > 0 && now-s.latest > s.apart+asleepFrom {
		s.sleeps = append(s.sleeps, sleep{s.latest, now})
	}
	s.latest = max(s.latest, now)
	return true
}

// lagFrom is how late halab has to be for a tick, which waits for nobody else,
// to be no witness of a wait at that time. One that it does not send for
// another reason it gives up at once.
const lagFrom = longWait / 2

// lag keeps one. They come in the order in which they began.
func (s *signs) lag(l sleep) {
	if n := len(s.lags); n > 0 && l.from <= s.lags[n-1].to {
		s.lags[n-1].to = max(s.lags[n-1].to, l.to)
		return
	}
	s.lags = append(s.lags, l)
}

// lagged tells whether halab was too late for a tick between two moments.
func (s *signs) lagged(from, to history.Micros) bool {
	first, _ := slices.BinarySearchFunc(s.lags, from, func(l sleep, at history.Micros) int { return int(l.to - at) })
	return first < len(s.lags) && s.lags[first].from < to
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
