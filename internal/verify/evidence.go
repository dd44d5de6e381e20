package verify

import (
	"halab/internal/haproxy"
	"halab/internal/history"
)

// evidence is what the rules of the causes look at beside the findings: what
// was lost and how, what the steps did to which server, and the servers'
// states as they changed. It watches as an invariant does and finds nothing by
// itself. Its memory is bounded: it keeps one deed a command, and at most maxSeen
// of everything else, of the states that many of each of that many servers.
type evidence struct {
	run    *run
	found  []Finding
	losses map[lossKind]int64
	total  int64 // of the lost, without the undecided
	doubts []*history.Request
	deeds  []deed
	states map[string][]history.ServerState // by server, in order
	masked history.Micros                   // when the first request was answered that HAProxy had tried again
	gets   []*history.Request               // of the step that goes on
	failed *failure                         // the first step that failed
}

// maxSeen bounds each list of evidence.
const maxSeen = 1000

// lossKind is how a request was lost, and after which step.
type lossKind struct {
	step    int // the last that had sent a command; 0: none
	lane    string
	outcome history.Outcome
	status  int
	state   string // of HAProxy's log, two letters; "": no line came
	server  string // backend/server, or backend/<NOSRV>; "": not known
}

// deed is a command of a step.
type deed struct {
	step         int
	kind, server string
	at           history.Micros
	ends         bool // it ends the server's nginx
	any          bool // it may have been for any server
	takeover     bool
	seen         bool // a command of the user's did it, as was seen
	frontend     string
}

// The kinds of deed that no step of halab's is: a frontend was disabled, a
// server got another address, HAProxy was started after it had ended, and a
// program ended in a way that was not seen.
const (
	addressDeed  = "address"
	endedDeed    = "ended"
	frontendDeed = "frontend"
	restartDeed  = "restart"
)

// failure is a step that failed, with what was seen while it went on.
type failure struct {
	*history.Step
	gets []*history.Request
}

func newEvidence(r *run) *evidence {
	r.evidence = &evidence{run: r, losses: map[lossKind]int64{}, states: map[string][]history.ServerState{}}
	return r.evidence
}

func (e *evidence) observe(event history.Event) {
	switch event := event.(type) {
	case *history.Request:
		if e.run.class(event) == undecided && len(e.doubts) < maxSeen {
			e.doubts = append(e.doubts, event)
		}
		if l := event.Log; l != nil && event.Outcome == history.OK && (l.Retries > 0 || l.Redispatched) && e.masked == 0 {
			e.masked = answeredAt(event)
		}
		if event.Class() == history.StepLane && len(e.gets) < maxSeen {
			e.gets = append(e.gets, event)
		}
	case *history.Step:
		e.observeStep(event)
	case *history.ServerState:
		name := event.Server.String()
		seen, known := e.states[name]
		if !known && len(e.states) >= maxSeen {
			return
		}
		if n := len(seen); n < maxSeen && (n == 0 || seen[n-1].Status != event.Status || seen[n-1].Weight != event.Weight) {
			e.states[name] = append(seen, *event)
		}
	}
}

func (e *evidence) observeStep(s *history.Step) {
	switch s.Phase {
	case history.Begin:
		e.gets = nil
	case history.Command:
		if seenByHand(s) {
			return // stateChanged takes what was seen
		}
		e.deeds = append(e.deeds, deed{step: s.Index, kind: s.Kind, server: s.Server, at: s.At,
			ends: s.Sessions != nil, any: s.AnyServer, takeover: s.Takeover})
	case history.Ended:
		if s.Error != "" && e.failed == nil {
			e.failed = &failure{s, e.gets}
		}
	}
}

// programChanged takes a program that a command of the user's ended, started or
// replaced; ended says that none had run before.
func (e *evidence) programChanged(p *history.Program, ended bool, step int) {
	d := deed{step: step, kind: "start", server: p.Role, at: p.At}
	switch {
	case p.Role == haproxyRole && p.Pid == 0:
		return
	case p.Role == haproxyRole:
		d.server, d.kind, d.takeover = "", "reload", true
		if ended {
			d.kind = restartDeed
		}
	case p.Pid == 0:
		d.kind, d.ends = endedDeed, true
	}
	e.seen(d)
}

// seen takes what a command of the user's was seen to do.
func (e *evidence) seen(d deed) {
	if d.seen = true; len(e.deeds) < maxSeen {
		e.deeds = append(e.deeds, d)
	}
}

// stateChanged takes a server that a command of the user's put into a state.
func (e *evidence) stateChanged(server string, to haproxy.Status, at history.Micros, step int) {
	if kind := deedOf(to); kind != "" {
		e.seen(deed{step: step, kind: kind, server: server, at: at})
	}
}

func (e *evidence) findings() []Finding { return nil }

// lose takes a lost request, and the step that may have lost it.
func (e *evidence) lose(r *history.Request, step *Step) {
	e.total++
	k := kindOf(r, step)
	if _, known := e.losses[k]; known || len(e.losses) < maxSeen {
		e.losses[k]++
	}
}

func kindOf(r *history.Request, step *Step) lossKind {
	k := lossKind{lane: r.Class(), outcome: r.Outcome, status: r.Status, server: r.Server}
	if r.Log != nil {
		k.server, k.state = r.Log.Server, string(r.Log.State[:min(2, len(r.Log.State))])
	}
	if r.Outcome == history.WrongBody && r.Server != "" {
		k.server = r.Server // the page is whose answer it was
	}
	if step != nil {
		k.step = step.Index
	}
	return k
}
