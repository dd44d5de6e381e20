package verify

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"halab/internal/history"
)

// Switch is one move of the traffic from one server to another.
type Switch struct {
	From     string         `json:"from"`
	To       string         `json:"to"`
	Step     int            `json:"step,omitempty"` // whose command moved it
	Command  history.Micros `json:"command_us,omitempty"`
	FirstNew history.Micros `json:"first_new_us"` // first send that the new server answered
	LastOld  history.Micros `json:"last_old_us"`  // last send that the old server answered
	OldTail  history.Micros `json:"old_tail_us"`  // last byte from the old server
	// Took is from the command to the first answer of the new server, and Mixed
	// how long both answered; both are as coarse as the gap between probes.
	Took  history.Micros `json:"took_us"`
	Mixed history.Micros `json:"mixed_us"`
	// OldHeader and NewHeader are the Server headers before and after.
	OldHeader string `json:"old_header"`
	NewHeader string `json:"new_header"`
	Late      int64  `json:"late"` // old answers after the mixed window's allowance

	mover     *mover
	answered  history.Micros // when the first new answer came
	starved   bool           // the host held up a program for most of the wait for it
	held      stall
	lateLanes map[string]int64 // by lane
	lateFirst history.Micros
	lateSeen  history.Micros // when the first of them was answered, by which its server had been chosen
}

// mixedAllowance is how long after the first new answer has come a request may
// still be sent to the old server: what is in HAProxy at the same time may be
// answered in another order than it was sent.
const mixedAllowance = 100 * time.Millisecond

// backups are the servers that serve only while no other one can.
func (r *run) backups() map[string]bool {
	out := map[string]bool{}
	for _, ref := range r.scenario.ServerRefs() {
		out[ref.String()] = r.scenario.Server(ref).Backup
	}
	return out
}

// path is the way the traffic is expected to go, as servers in order.
func (r *run) path() []string {
	s := r.scenario.Expect.Switch
	switch {
	case s == nil:
		return nil
	case s.Back:
		return []string{s.From, s.To, s.From}
	}
	return []string{s.From, s.To}
}

// moves follows the traffic along its path.
type moves struct {
	// leads says whether a request can come to a backend at all.
	leads  func(r *history.Request, backend string) bool
	path   []string
	backup map[string]bool // servers that are one
	out    map[string]bool // servers that the steps have in maintenance or drain
	// switches[i] is the move from path[i] to path[i+1]; done of them have
	// happened.
	switches []Switch
	done     int
	old      history.Request // latest answer of path[done]
	mover    *mover          // what may have moved the traffic since the last switch
	// ahead are answers of the next server to requests that were sent before
	// any command for it, or before one that must have moved them there: their
	// answers may still turn out to be later than one. early counts those that
	// no command was sent for.
	ahead   []history.Request
	early   int64
	first   history.Micros   // of early
	unnamed int64            // answers whose server cannot be told
	astray  map[string]int64 // answers of servers that are not on the path
}

func newMoves(path []string, backup map[string]bool, leads func(*history.Request, string) bool) *moves {
	m := &moves{path: path, leads: leads, backup: backup, out: map[string]bool{}, astray: map[string]int64{}}
	for i := 1; i < len(path); i++ {
		m.switches = append(m.switches, Switch{From: path[i-1], To: path[i], lateLanes: map[string]int64{}})
	}
	return m
}

func (m *moves) observe(e history.Event) {
	if len(m.path) == 0 {
		return
	}
	begin, _ := span(e)
	m.settle(begin)
	switch e := e.(type) {
	case *history.Step:
		if e.Phase == history.Command {
			m.commanded(e)
			ahead := m.ahead
			m.ahead = nil
			for i := range ahead {
				m.answer(&ahead[i])
			}
		}
	case *history.Request:
		backend, _, _ := strings.Cut(m.path[0], "/")
		switch {
		case !m.leads(e, backend): // it went another way all along
		case e.Class() == history.StreamLane:
			m.stream(e)
		case e.Server != "":
			m.answer(e)
		case e.Header != "":
			m.unnamed++
		}
	}
}

func (m *moves) answer(r *history.Request) {
	switch {
	case r.Server == m.path[m.done]:
		m.old = *r
		if m.done > 0 {
			m.switches[m.done-1].answer(r)
		}
	case m.done < len(m.switches) && r.Server == m.path[m.done+1]:
		if m.old.Server != "" && m.mover != nil && m.mover.sure {
			m.change(r)
		} else {
			m.ahead = append(m.ahead, *r)
		}
	case m.done > 0 && r.Server == m.path[m.done-1]:
		m.late(r)
	default:
		m.astray[r.Server]++
	}
}

// settle gives up waiting for a command to the answers that came before now.
// What is left of them is at most what is in flight.
func (m *moves) settle(now history.Micros) {
	left := m.ahead[:0]
	for i := range m.ahead {
		r := &m.ahead[i]
		switch {
		case answeredAt(r) >= now:
			left = append(left, *r)
		case r.Server == m.path[m.done]: // the traffic has moved meanwhile
			m.answer(r)
		case m.mover != nil && m.old.Server != "" && m.done < len(m.switches) && r.Server == m.path[m.done+1]:
			m.change(r)
		case m.done > 0 && r.Server == m.path[m.done-1]:
			m.late(r)
		default:
			if m.early == 0 {
				m.first = began(r)
			}
			m.early++
		}
	}
	m.ahead = left
}

// answeredAt is when the answer to a request began, by which its server had
// been chosen.
func answeredAt(r *history.Request) history.Micros {
	if r.First > 0 {
		return r.First
	}
	return r.Done
}

func (m *moves) change(r *history.Request) {
	w := &m.switches[m.done]
	w.mover, m.mover = m.mover, nil
	w.FirstNew, w.NewHeader = began(r), r.Header
	w.LastOld, w.OldTail, w.OldHeader = began(&m.old), m.old.Done, m.old.Header
	w.answered, w.starved, w.held = answeredAt(r), starved(r), heldUp(r)
	w.measure()
	w.Mixed = max(0, w.LastOld-w.began())
	m.done++
	m.old = *r
}

// answer is one of the new server. The first to come need not be the first
// that was sent for.
func (w *Switch) answer(r *history.Request) {
	if at := answeredAt(r); at < w.answered {
		w.answered, w.starved, w.held = at, starved(r), heldUp(r)
		w.measure()
	}
}

// measure takes the time from the first command that may have moved the
// traffic.
func (w *Switch) measure() {
	w.Command, w.Step = w.mover.first.at, w.mover.first.step
	if w.mover.byHand { // the first new answer is what was seen of it
		w.Command = min(w.FirstNew, w.answered)
	}
	w.Took = max(0, w.answered-w.Command)
}

// late is an answer of the old server after the first of the new one.
func (m *moves) late(r *history.Request) {
	m.switches[m.done-1].late(r)
}

// began is when both may have answered first. A request that the new server
// answered may have been sent long before the command, and have waited on its
// way to HAProxy: the old server was right to answer until then.
func (w *Switch) began() history.Micros { return max(w.FirstNew, w.Command) }

func (w *Switch) late(r *history.Request) {
	w.LastOld, w.OldTail = max(w.LastOld, began(r)), max(w.OldTail, r.Done)
	w.Mixed = max(0, w.LastOld-w.began())
	if began(r)-max(w.answered, w.Command) <= history.M(mixedAllowance) {
		return
	}
	if w.Late == 0 {
		w.lateFirst, w.lateSeen = began(r), answeredAt(r)
	}
	w.Late++
	w.lateLanes[r.Lane]++
}

// lateAnew counts the late answers on connections that were made for them.
func (w *Switch) lateAnew() int64 {
	var n int64
	for name, late := range w.lateLanes {
		switch history.LaneClass(name) {
		case "new", "poll", "tls":
			n += late
		}
	}
	return n
}

// switchover is invariant 7: the traffic went the expected way, and in time.
type switchover struct{ run *run }

func newSwitchover(r *run) *switchover { return &switchover{r} }

func (s *switchover) observe(history.Event) {}

func (s *switchover) findings() []Finding {
	var out []Finding
	m := s.run.moves
	for i := range m.switches {
		if i >= m.done {
			out = append(out, s.never(&m.switches[i]))
			break
		}
		out = append(out, s.finding(&m.switches[i]))
	}
	if m.unnamed > 0 && m.done == len(m.switches) && m.done > 0 {
		out = append(out, Finding{Invariant: "switch", Result: Inconclusive, Count: m.unnamed, Text: m.untold()})
	}
	for _, server := range slices.Sorted(maps.Keys(m.astray)) {
		out = append(out, Finding{Invariant: "switch", Result: Fail, Count: m.astray[server],
			Text: fmt.Sprintf("%s came from %s, which is not on the way from %s to %s", plural(m.astray[server], "answer"), server, m.path[0], m.path[1])})
	}
	if m.early > 0 && m.old.Server != "" {
		out = append(out, Finding{Invariant: "switch", Result: Fail, Count: m.early, First: m.first,
			Text: fmt.Sprintf("%s came from %s before a step had sent a command that can move the traffic there; the first at %s", plural(m.early, "answer"), m.path[1], at(m.first))})
	}
	return out
}

// never: what did not happen proves nothing, unless requests were lost, which
// another invariant tells.
func (s *switchover) never(w *Switch) Finding {
	f := Finding{Invariant: "switch", Result: Inconclusive, Count: 1}
	switch m := s.run.moves; {
	case m.unnamed > 0:
		f.Text = m.untold()
	case m.old.Server == "" && m.early > 0:
		f.Text = fmt.Sprintf("%s never answered, so the traffic did not move from it: %s came from %s", w.From, plural(m.early, "answer"), w.To)
	default:
		f.Text = fmt.Sprintf("the traffic never moved from %s to %s: no answer of the new server came after a command", w.From, w.To)
	}
	return f
}

// untold says of how many answers it is not known whether they went astray:
// those of a history in whose lab HAProxy named the servers, which it does in
// mode http alone, and those of a program of the user's own.
func (m *moves) untold() string {
	return fmt.Sprintf("%s cannot be told apart: several servers run the same version, and the answer does not name its server", plural(m.unnamed, "answer"))
}

func (s *switchover) finding(w *Switch) Finding {
	if moved, seen := s.run.commands.movedBy(w); seen {
		w.Command, w.Took = moved, max(0, w.answered-moved)
	}
	f := Finding{Invariant: "switch", Result: Pass, First: w.FirstNew, Step: w.Step}
	f.Line = s.run.lineOf(w.Step)
	f.Text = fmt.Sprintf("%s to %s: first answer of the new server %s after the command, both answered for %s",
		w.From, w.To, round(w.Took), round(w.Mixed))
	if limit := s.within(); w.Took > limit {
		f.Result, f.Count = Fail, 1
		f.Text += fmt.Sprintf("; %s is allowed", round(limit))
		switch last := w.mover.last; {
		case w.starved:
			f.Result = Inconclusive
			f.busy(w.held.measure())
			f.Text += ", and meanwhile " + w.held.String()
		case w.answered-last.at <= limit:
			f.Result = Inconclusive
			f.Text += fmt.Sprintf(", and it was %s after the command of step %d: which of them moved the traffic cannot be known", round(max(0, w.answered-last.at)), last.step)
		}
	}
	return f
}

// within is how soon the new server has to answer: what the scenario says, or
// 2 s, and never less than two intervals of the densest lane can show.
func (s *switchover) within() history.Micros {
	if d := s.run.scenario.Expect.Switch.Within; d > 0 {
		return history.M(d.D())
	}
	return max(history.M(2*time.Second), 2*s.run.densest())
}

func (r *run) lineOf(step int) int {
	for i := range r.steps {
		if r.steps[i].Index == step {
			return r.steps[i].Line
		}
	}
	return 0
}
