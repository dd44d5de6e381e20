package verify

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"halab/internal/haproxy"
	"halab/internal/history"
	"halab/internal/scenario"
)

// This file is what the rules ask of the evidence.

// conclude takes in what the verdict rests on. What was lost within the
// budget explains no failure.
func (e *evidence) conclude(found []Finding) {
	e.found = found
	switch budget := int64(e.run.scenario.Expect.Lost); {
	case e.run.lostAtMost() <= budget:
		clear(e.losses)
		return
	case e.total <= budget:
		clear(e.losses)
	}
	for _, r := range e.doubts {
		e.losses[kindOf(r, e.run.stepAt(LostAt(r)))]++
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
		switch tells := effects[d.kind].tells; {
		case d.at >= by:
		case d.takeover, d.any:
			step = 0
		case d.server != server || tells == "":
		case tells == up:
			step = 0
		default:
			step = d.step
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
			if d.at < at && d.server == server && effects[d.kind].tells == up {
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
	return math.MaxInt
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

// configured is a server of the scenario, nil where the name is none.
func (e *evidence) configured(server string) *scenario.Server {
	ref, err := haproxy.ParseServerRef(server)
	if err != nil {
		return nil
	}
	return e.run.scenario.Server(ref)
}

// names tells whether a step's text names a server, with its backend or
// alone: nginx1, and not nginx12.
func names(text string, ref haproxy.ServerRef) bool {
	words := strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune("{}[],\" ", r) })
	return slices.Contains(words, ref.String()) || slices.Contains(words, ref.Server)
}
