package verify

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"halab/internal/haproxy"
	"halab/internal/history"
)

// evidence is what the rules of the causes look at beside the findings: what
// was lost and how, what the steps did to which server, and the servers'
// states as they changed. It watches as an invariant does and finds nothing by
// itself. Its memory is bounded: by the kinds of loss, the commands, and
// maxSeen.
type evidence struct {
	run      *run
	found    []Finding
	losses   map[lossKind]int64
	total    int64 // of the lost, without the undecided
	doubts   []*history.Request
	deeds    []deed
	states   map[string][]history.ServerState // by server, in order
	sessions map[string]int64                 // scur of each server, as last seen
	gets     []*history.Request               // of the step that goes on
	failed   *failure                         // the first step that failed
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
}

// failure is a step that failed, with what was seen while it went on.
type failure struct {
	*history.Step
	gets     []*history.Request
	sessions map[string]int64
}

func newEvidence(r *run) *evidence {
	r.evidence = &evidence{run: r, losses: map[lossKind]int64{}, states: map[string][]history.ServerState{}, sessions: map[string]int64{}}
	return r.evidence
}

func (e *evidence) observe(event history.Event) {
	switch event := event.(type) {
	case *history.Request:
		if e.run.class(event) == undecided && len(e.doubts) < maxSeen {
			e.doubts = append(e.doubts, event)
		}
		if event.Lane == StepLane && len(e.gets) < maxSeen {
			e.gets = append(e.gets, event)
		}
	case *history.Step:
		e.observeStep(event)
	case *history.ServerState:
		name := event.Server.String()
		e.sessions[name] = event.Scur
		seen := e.states[name]
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
		e.deeds = append(e.deeds, deed{step: s.Index, kind: s.Kind, server: s.Server, at: s.At,
			ends: s.Sessions != nil, any: s.AnyServer, takeover: s.Takeover})
	case history.Ended:
		if s.Error != "" && e.failed == nil {
			e.failed = &failure{s, e.gets, maps.Clone(e.sessions)}
		}
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
	k := lossKind{lane: r.Lane, outcome: r.Outcome, status: r.Status, server: r.Server}
	if r.Log != nil {
		k.server, k.state = r.Log.Server, string(r.Log.State[:min(2, len(r.Log.State))])
	}
	if step != nil {
		k.step = step.Index
	}
	return k
}

// conclude takes in what the verdict rests on. What was lost within the
// budget explains no failure.
func (e *evidence) conclude(found []Finding) {
	e.found = found
	if e.total <= int64(e.run.scenario.Expect.Lost) {
		clear(e.losses)
	}
	for _, r := range e.doubts {
		e.losses[kindOf(r, e.run.stepAt(when(r)))]++
	}
}

// finding is the first of an invariant that decided against the run, or nil.
func (e *evidence) finding(invariant string) *Finding {
	for i := range e.found {
		if f := &e.found[i]; f.Invariant == invariant && f.Result != Pass {
			return f
		}
	}
	return nil
}

// statusAt is the status of a server at a time, as show stat told it.
func (e *evidence) statusAt(server string, at history.Micros) haproxy.Status {
	var status haproxy.Status
	for i, s := range e.states[server] {
		if i == 0 || s.At <= at {
			status = haproxy.Status(s.Status)
		}
	}
	return status
}

// becomes is when a server was first seen in such a state after a time.
func (e *evidence) becomes(server string, after history.Micros, is func(haproxy.Status) bool) (history.Micros, bool) {
	for _, s := range e.states[server] {
		if s.At > after && is(haproxy.Status(s.Status)) {
			return s.At, true
		}
	}
	return 0, false
}

// takenOut is the step that has taken a server out of service by then, 0 for
// none: what HAProxy was told holds before anybody has looked.
func (e *evidence) takenOut(server string, by history.Micros) int {
	step := 0
	for _, d := range e.deeds {
		switch {
		case d.at >= by:
		case d.takeover, d.any:
			step = 0
		case d.server != server:
		case d.kind == "maint", d.kind == "drain":
			step = d.step
		case d.kind == "ready":
			step = 0
		}
	}
	return step
}

// serving tells whether HAProxy sends new requests to a server at a time.
func (e *evidence) serving(server string, at history.Micros) bool {
	if e.takenOut(server, at) > 0 {
		return false
	}
	status := e.statusAt(server, at)
	if status.Maint() || status.Draining() { // it may have been made ready since that was seen
		for _, d := range slices.Backward(e.deeds) {
			if d.at < at && d.server == server && d.kind == "ready" {
				return true
			}
		}
	}
	return status.Serving()
}

// until is the first later deed on the same server of which is true, as a
// step; the losses up to there are this deed's.
func (e *evidence) until(d deed, is func(deed) bool) int {
	for _, next := range e.deeds {
		if next.at > d.at && next.step > d.step && next.server == d.server && is(next) {
			return next.step
		}
	}
	return int(^uint(0) >> 1)
}

// haul is what was lost in some way.
type haul struct {
	all    int64
	nouns  map[string]int64
	states map[string]int64
}

// lost counts what was lost in such a way.
func (e *evidence) lost(is func(lossKind) bool) haul {
	h := haul{nouns: map[string]int64{}, states: map[string]int64{}}
	for k, n := range e.losses {
		if is(k) {
			h.all += n
			h.nouns[nounOf(k.lane)] += n
			h.states[k.state] += n
		}
	}
	return h
}

func nounOf(lane string) string {
	switch lane {
	case "download", uploadLane, StreamLane:
		return lane
	}
	return "request"
}

// String writes a haul: 39 downloads and 2 requests.
func (h haul) String() string {
	var parts []string
	for _, noun := range slices.Sorted(maps.Keys(h.nouns)) {
		parts = append(parts, plural(h.nouns[noun], noun))
	}
	return strings.Join(parts, " and ")
}

// how writes the termination states of a haul.
func (h haul) how() string {
	names := slices.Sorted(maps.Keys(h.states))
	names = slices.DeleteFunc(names, func(s string) bool { return s == "" })
	return strings.Join(names, ", ")
}

// servers are those of a backend.
func (e *evidence) servers(backend string) []string {
	var out []string
	for _, ref := range e.run.scenario.ServerRefs() {
		if ref.Backend == backend {
			out = append(out, ref.String())
		}
	}
	return out
}

// backendOf is the backend of backend/server.
func backendOf(server string) string {
	backend, _, _ := strings.Cut(server, "/")
	return backend
}

// step begins the sentence about a step: step 4 `stop: bk_app/nginx2`.
func (e *evidence) step(index int) string {
	if s := e.run.stepNamed(index); s != nil {
		return fmt.Sprintf("step %d `%s`", s.Index, s.Text)
	}
	return fmt.Sprintf("step %d", index)
}
