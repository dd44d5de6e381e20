package verify

import (
	"fmt"
	"slices"
	"strings"

	"halab/internal/haproxy"
	"halab/internal/history"
)

// Transition is a change of a server's status as show stat told it.
type Transition struct {
	At     history.Micros `json:"at_us"`
	Server string         `json:"server"`
	From   string         `json:"from"`
	To     string         `json:"to"`
	Asked  bool           `json:"asked"` // a step had dealt with this server
}

// maxTransitions bounds the list.
const maxTransitions = 1000

// health is invariants 14 and 15: a server goes down only when a step dealt
// with it, never by its checks once a step has made it ready, and the weight
// of the servers that are up does not fall below what the scenario allows.
type health struct {
	run    *run
	status map[haproxy.ServerRef]history.ServerState
	asked  map[string]bool // servers that a step has dealt with
	ready  map[string]bool // those that the last such step has made ready
	list   []Transition
	strays []Transition
	lowest map[string]lowest // by backend
}

type lowest struct {
	weight int64
	at     history.Micros
}

func newHealth(r *run) *health {
	return &health{run: r, status: map[haproxy.ServerRef]history.ServerState{}, asked: map[string]bool{}, ready: map[string]bool{}, lowest: map[string]lowest{}, list: []Transition{}}
}

func (h *health) observe(e history.Event) {
	switch e := e.(type) {
	case *history.Step:
		if e.AnyServer {
			for _, ref := range h.run.scenario.ServerRefs() {
				h.asked[ref.String()] = true
			}
		}
		if e.Server != "" {
			h.asked[e.Server] = true
			h.ready[e.Server] = e.Kind == "ready"
			h.takenOut(e)
		}
	case *history.ServerState:
		h.state(e)
	}
}

// takenOut counts a server as gone from the command that takes it out: it may
// be back before anybody has looked.
func (h *health) takenOut(e *history.Step) {
	ref, err := haproxy.ParseServerRef(e.Server)
	was, known := h.status[ref]
	if err != nil || !known || e.Kind != "maint" && e.Kind != "drain" {
		return
	}
	out := was
	out.At, out.Status = e.At, strings.ToUpper(e.Kind)
	h.status[ref] = out
	h.capacity(&out)
	h.status[ref] = was // the look that sees it tells of the change
}

func (h *health) state(e *history.ServerState) {
	was, known := h.status[e.Server]
	h.status[e.Server] = *e
	h.capacity(e)
	// UP 1/3 and UP are the same state on the way to another.
	if !known || base(was.Status) == base(e.Status) {
		return
	}
	t := Transition{At: e.At, Server: e.Server.String(), From: was.Status, To: e.Status, Asked: h.asked[e.Server.String()]}
	if len(h.list) < maxTransitions {
		h.list = append(h.list, t)
	}
	if to := haproxy.Status(e.Status); !t.Asked && !to.Serving() || to.Down() && h.ready[t.Server] {
		h.strays = append(h.strays, t)
	}
}

func base(status string) string { return haproxy.Status(status).Base() }

// capacity sums the weight of the backend's servers that take traffic: the
// active ones or, while none of them does, the first backup, or all of them
// with option allbackups (HAProxy manual 4.2).
func (h *health) capacity(e *history.ServerState) {
	var active, backup int64
	all := h.run.allBackups(e.Server.Backend)
	for _, ref := range h.run.scenario.ServerRefs() {
		if ref.Backend != e.Server.Backend {
			continue
		}
		s, known := h.status[ref]
		switch {
		case !known:
			return // until all were seen the sum is not the backend's
		case !haproxy.Status(s.Status).Serving():
		case !s.Backup:
			active += s.Weight
		case backup == 0 || all:
			backup += s.Weight
		}
	}
	weight := active
	if active == 0 {
		weight = backup
	}
	if low, ok := h.lowest[e.Server.Backend]; !ok || weight < low.weight {
		h.lowest[e.Server.Backend] = lowest{weight, e.At}
	}
}

func (r *run) allBackups(backend string) bool {
	const option = "allbackups"
	for _, b := range r.scenario.Backends {
		if b.Name == backend && slices.Contains(b.Option, option) {
			return true
		}
	}
	return slices.Contains(r.scenario.HAProxy.Defaults.EffectiveOption(), option)
}

func (h *health) findings() []Finding {
	f := Finding{Invariant: "health", Result: Pass, Count: int64(len(h.strays)), Text: h.summary()}
	if len(h.status) == 0 {
		f.Result, f.Text = Inconclusive, "no state of a server was recorded, so nothing is known of their health"
	}
	if len(h.strays) > 0 {
		var parts []string
		for _, t := range h.strays[:min(3, len(h.strays))] {
			parts = append(parts, fmt.Sprintf("%s went from %s to %s at %s", t.Server, t.From, t.To, at(t.At)))
		}
		f.Result, f.First, f.Last = Fail, h.strays[0].At, h.strays[len(h.strays)-1].At
		f.Text = "no step had asked for it: " + strings.Join(parts, "; ")
		if more := len(h.strays) - len(parts); more > 0 {
			f.Text += fmt.Sprintf("; and %d more", more)
		}
		f.locate(h.run, f.First)
	}
	return append([]Finding{f}, h.capacities()...)
}

func (h *health) summary() string {
	changes := int64(len(h.list))
	harmless := slices.IndexFunc(h.list, func(t Transition) bool { return !t.Asked })
	text := plural(changes, "change") + " of state"
	switch {
	case changes == 0 || harmless >= 0:
		return text + ", none of them down without a step on that server"
	case changes == 1:
		return text + ", after a step on that server"
	}
	return text + ", each after a step on that server"
}

func (h *health) capacities() []Finding {
	var out []Finding
	for _, b := range h.run.scenario.Backends {
		low, ok := h.lowest[b.Name]
		if !ok && h.run.scenario.Expect.MinWeight > 0 {
			out = append(out, Finding{Invariant: "capacity", Result: Inconclusive, Text: fmt.Sprintf("the weight of the servers of %s is not known: not all were seen", b.Name)})
		}
		if !ok {
			continue
		}
		f := Finding{Invariant: "capacity", Result: Pass, First: low.at, Text: fmt.Sprintf("the weight of the servers of %s that are up never fell below %d", b.Name, low.weight)}
		if want := int64(h.run.scenario.Expect.MinWeight); low.weight < want {
			f.Result, f.Count = Fail, 1
			f.Text = fmt.Sprintf("the weight of the servers of %s that are up fell to %d at %s; %d is wanted", b.Name, low.weight, at(low.at), want)
			f.locate(h.run, low.at)
		}
		out = append(out, f)
	}
	return out
}
