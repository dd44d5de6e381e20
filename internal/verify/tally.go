package verify

import (
	"strings"

	"halab/internal/history"
	"halab/internal/scenario"
)

// Lane is the count of one traffic class.
type Lane struct {
	Name     string         `json:"name"`
	Interval history.Micros `json:"interval_us,omitempty"`
	Sent     int64          `json:"sent"` // requests, unsent ones not among them
	OK       int64          `json:"ok"`
	Lost     int64          `json:"lost"`
	Stale    int64          `json:"stale"`
	Unsent   int64          `json:"unsent"`
	// Undecided requests are neither answered nor lost: nobody can know.
	Undecided int64                     `json:"undecided,omitempty"`
	Outcomes  map[history.Outcome]int64 `json:"outcomes"`
	// Largest is the largest gap between two sends one after the other: an
	// outage of this lane that is shorter may have gone unseen.
	Largest history.Micros `json:"largest_gap_us"`
	// LostBelow is the bound below which the true rate of loss is with 95 %
	// confidence, when none of the n that probed was lost: 3/n.
	LostBelow float64 `json:"lost_below,omitempty"`
}

// Probed is how many requests say something of the rate of loss: those that
// were answered or lost. A stale one was not sent, and of an undecided one
// nobody knows.
func (l *Lane) Probed() int64 { return l.OK + l.Lost }

// Server is the count of one server's answers.
type Server struct {
	Name    string   `json:"name"`    // backend/server; "" is not known
	Headers []string `json:"headers"` // the Server headers it showed
	Answers int64    `json:"answers"`
}

// Step is one step where it happened.
type Step struct {
	Index    int            `json:"index"`
	Text     string         `json:"text"`
	Of       string         `json:"of,omitempty"` // the step of the scenario that stands for this one and others
	Line     int            `json:"line"`
	Begin    history.Micros `json:"begin_us"`
	Command  history.Micros `json:"command_us,omitempty"` // when its first command was sent
	Commands []string       `json:"commands,omitempty"`
	End      history.Micros `json:"end_us"`
	Ended    bool           `json:"ended"`
	Error    string         `json:"error,omitempty"`
	Output   string         `json:"output,omitempty"` // of a command of the user's
	// Gap is the largest gap between two probes that touches the time from
	// its begin to the next step's: an outage there that is shorter could
	// have gone unseen. 0 where nothing was probed.
	Gap  history.Micros `json:"largest_gap_us"`
	Lost int64          `json:"lost"` // requests lost that were sent after it, before the next that did something

	// reached says that the traffic comes to what the step did something to.
	reached bool
}

// Poll is one GET of the lane poll: the article's table.
type Poll struct {
	At      history.Micros  `json:"at_us"`
	Status  int             `json:"status"`
	Header  string          `json:"header"`
	Server  string          `json:"server"`
	Outcome history.Outcome `json:"outcome"`
}

// maxPolls bounds the table; a poll every 2 s fills it in over five hours.
const maxPolls = 10_000

// tally is what is counted for the verdict itself.
type tally struct {
	scenario     *scenario.Scenario
	judge        *judge
	lanes        map[string]*Lane
	order        []string
	servers      map[string]*Server
	reachedAs    map[string]bool // by HAProxy's name for it, at most maxSeen
	shares       shares
	steps        []Step
	polls        []Poll
	hosts        hosts
	last         history.Micros // of the latest event
	end          *history.End
	cut          bool
	impossible   int64 // requests whose times cannot be
	foreign      int64
	firstForeign error
	disorder     int64 // events that came too late for their place
	// failed says that a step has failed: what is done from then on is the way
	// back, or nothing, and the traffic is not expected to stay where it went.
	failed bool
}

func newTally(s *scenario.Scenario, h *history.Header, j *judge) *tally {
	t := &tally{scenario: s, judge: j, lanes: map[string]*Lane{}, servers: map[string]*Server{}, reachedAs: map[string]bool{}, shares: shares{of: map[[2]string]*Share{}}}
	for _, l := range h.Lanes {
		t.lane(l.Name).Interval = l.Interval
	}
	for _, b := range s.Backends {
		for _, srv := range b.Servers {
			name := b.Name + "/" + srv.Name
			t.servers[name] = &Server{Name: name}
		}
	}
	return t
}

func (t *tally) lane(name string) *Lane {
	l := t.lanes[name]
	if l == nil {
		l = &Lane{Name: name, Outcomes: map[history.Outcome]int64{}}
		t.lanes[name] = l
		t.order = append(t.order, name)
	}
	return l
}

func (t *tally) observe(e history.Event) {
	t.shares.observe(e)
	switch e := e.(type) {
	case *history.Request:
		t.request(e)
	case *history.Step:
		t.step(e)
	case *history.LogLine:
		t.reached(e.Backend + "/" + e.Server)
	case *history.Host:
		t.hosts.add(e)
	case *history.End:
		if t.end == nil || t.end.Error == "" {
			t.end = e
		}
		t.last = max(t.last, e.At)
	}
}

// impossible tells a record whose times contradict each other.
func impossible(r *history.Request) bool {
	switch {
	case r.Intended < 0, r.Sent < 0, r.First < 0, r.Done < r.Intended, r.Done < r.Sent:
		return true
	case r.First > 0 && (r.First < r.Sent || r.First > r.Done || r.Sent == 0):
		return true
	}
	return r.Sent > 0 && r.Sent < r.Intended
}

func (t *tally) request(r *history.Request) {
	if impossible(r) {
		t.impossible++
	}
	t.last = max(t.last, r.Done)
	l := t.lane(r.Lane)
	l.Outcomes[r.Outcome]++
	switch t.judge.class(r) {
	case fine:
		l.OK++
	case lost:
		l.Lost++
	case stale:
		l.Stale++
	case undecided:
		l.Undecided++
	case unsent:
		l.Unsent++
		return
	}
	l.Sent++
	if r.Header != "" || r.Server != "" {
		t.answered(r)
		if r.Log != nil {
			t.reached(r.Log.Server)
		}
	}
	if l == t.poll() && len(t.polls) < maxPolls {
		t.polls = append(t.polls, Poll{At: r.Intended, Status: r.Status, Header: r.Header, Server: r.Server, Outcome: r.Outcome})
	}
}

// poll is the first lane of that class: the article's table has one loop.
func (t *tally) poll() *Lane {
	for _, name := range t.order {
		if history.LaneClass(name) == "poll" {
			return t.lanes[name]
		}
	}
	return nil
}

// reached notes that requests came to a server of this name in HAProxy.
func (t *tally) reached(name string) {
	if len(t.reachedAs) < maxSeen {
		t.reachedAs[name] = true
	}
}

func (t *tally) answered(r *history.Request) {
	s := t.servers[r.Server]
	if s == nil {
		s = &Server{Name: r.Server}
		t.servers[r.Server] = s
	}
	s.Answers++
	for _, h := range s.Headers {
		if strings.EqualFold(h, r.Header) {
			return
		}
	}
	if r.Header != "" && len(s.Headers) < 8 {
		s.Headers = append(s.Headers, r.Header)
	}
}

func (t *tally) step(e *history.Step) {
	t.last = max(t.last, e.At)
	switch e.Phase {
	case history.Begin:
		t.steps = append(t.steps, Step{Index: e.Index, Text: e.Text, Of: e.Of, Line: e.Line, Begin: e.At})
	case history.Command:
		if s := t.stepNamed(e.Index); s != nil {
			if s.Command == 0 {
				s.Command = e.At
			}
			s.Commands = append(s.Commands, e.Command)
			backend, _, named := strings.Cut(e.Server, "/")
			s.reached = s.reached || !named || t.scenario.Reached(backend)
		}
	case history.Look:
		if s := t.stepNamed(e.Index); s != nil {
			s.Commands = append(s.Commands, e.Command)
		}
	case history.Ended:
		if s := t.stepNamed(e.Index); s != nil {
			s.End, s.Error, s.Ended, s.Output = e.At, e.Error, true, e.Answer
			t.failed = t.failed || e.Error != ""
		}
	}
}

// stepNamed is the step of this number, which may be one of several that run
// side by side.
func (t *tally) stepNamed(index int) *Step {
	for i := len(t.steps) - 1; i >= 0; i-- {
		if t.steps[i].Index == index {
			return &t.steps[i]
		}
	}
	return nil
}

// stepAt is the step whose doing a thing at this time may be: the last that
// had sent a command by then, which of steps that run side by side need not be
// the last that began. What only waits and looks does nothing. It is nil
// before the first command.
func (t *tally) stepAt(at history.Micros) *Step {
	var last *Step
	for i := range t.steps {
		if s := &t.steps[i]; s.Command > 0 && s.Command <= at && (last == nil || s.Command >= last.Command) {
			last = s
		}
	}
	return last
}
