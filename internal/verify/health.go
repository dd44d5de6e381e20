package verify

import (
	"cmp"
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
	Asked  bool           `json:"asked"`          // a step had dealt with this server
	Step   int            `json:"step,omitempty"` // whose command of the user's made it so
}

// maxTransitions bounds the list.
const maxTransitions = 1000

// health is invariant 15: a server becomes what a step has made it and nothing
// else, and its state was looked at all the time.
type health struct {
	run     *run
	servers map[haproxy.ServerRef]*watched
	list    []Transition
	strays  []Transition // the first of them
	strayed int64
	last    history.Micros // of them
	blind   unwatched
	starved []starving
	ran     bool // a command of the user's, which may deal with any server
}

// starving is a time in which the client of a request waited while the host held
// up the lab or halab.
type starving struct {
	from, to history.Micros
	stall
}

// maxStarving bounds the list: the longest are kept.
const maxStarving = 1000

// watched is a server as far as the looks and the steps have come.
type watched struct {
	status string
	since  history.Micros // when that was first seen
	seen   history.Micros // the latest look
	asked  bool           // a step has dealt with it
	gone   bool           // HAProxy has no such server any more
	back   history.Micros // when a step has last brought it in
	rights map[string]right
	ran    history.Micros // when a command of the user's was begun
	saw    string         // the state that a step has waited for and seen
	by     *userCommand   // which made its status; nil: a step of halab's, or none
	was    haproxy.Status
}

// right is what the steps have allowed of a status: when the latest command
// was sent by which a server may become that, and by which it may leave it;
// 0: never.
type right struct{ let, freed history.Micros }

// unwatched is the longest time without a look at a server.
type unwatched struct {
	server   haproxy.ServerRef
	from, to history.Micros
}

// Between two looks lies a tenth of a second, and every second at least one is
// written down. lag is how much later than it was true a look may be told.
const (
	maxUnwatched = history.Micros(2_000_000)
	lag          = history.Micros(1_000_000)
)

func newHealth(r *run) *health {
	h := &health{run: r, servers: map[haproxy.ServerRef]*watched{}, list: []Transition{}}
	for _, ref := range r.scenario.ServerRefs() {
		h.server(ref)
	}
	return h
}

func (h *health) server(ref haproxy.ServerRef) *watched {
	w := h.servers[ref]
	if w == nil {
		w = &watched{rights: map[string]right{}}
		h.servers[ref] = w
	}
	return w
}

func (h *health) observe(e history.Event) {
	switch e := e.(type) {
	case *history.Step:
		if e.Phase == history.Command {
			h.command(e)
		}
		if e.Phase == history.Ended && e.Saw != "" {
			if ref, err := haproxy.ParseServerRef(e.Server); err == nil {
				h.server(ref).saw = e.Saw
			}
		}
	case *history.ServerState:
		h.state(e)
	case *history.Request:
		if e.Starved > 0 {
			h.starve(starving{e.Intended, e.Done, heldUp(e)})
		}
	}
}

// starve keeps one, if it is among the longest.
func (h *health) starve(s starving) {
	at, _ := slices.BinarySearchFunc(h.starved, s, func(a, b starving) int { return cmp.Compare(b.length, a.length) })
	if at < maxStarving {
		h.starved = slices.Insert(h.starved, at, s)
		h.starved = h.starved[:min(len(h.starved), maxStarving)]
	}
}

func (h *health) command(e *history.Step) {
	if e.Takeover {
		for _, w := range h.servers {
			w.takenOver()
		}
	}
	if e.AnyServer {
		h.ran = true
		for _, w := range h.servers {
			w.ran = e.At
		}
	}
	if ref, err := haproxy.ParseServerRef(e.Server); err == nil {
		w := h.server(ref)
		w.dealt(effectOf(e), e.At)
		if effects[e.Kind].bringsIn {
			w.back = e.At
		}
	}
}

func (w *watched) dealt(does effect, at history.Micros) {
	w.asked = true
	for _, status := range does.may {
		r := w.rights[status]
		r.let = at
		w.rights[status] = r
	}
	for _, status := range does.ends {
		r := w.rights[status]
		r.freed = at
		if status == "DOWN" {
			r.let = 0
		}
		w.rights[status] = r
	}
}

// takenOver: what another HAProxy shows is no look at the one before that
// came late.
func (w *watched) takenOver() {
	for status, r := range w.rights {
		if r.freed > r.let {
			r.let = 0
			w.rights[status] = r
		}
	}
}

func (h *health) state(e *history.ServerState) {
	w := h.server(e.Server)
	added := w.status == "" && h.run.scenario.Server(e.Server) == nil // until now there was nothing to see
	if !w.gone && !added {
		h.watched(e.Server, w.seen, e.At)
	}
	w.seen, w.gone = e.At, e.Gone
	if e.Gone {
		return
	}
	was := w.status
	w.status = e.Status
	// UP 1/3 and UP are the same state on the way to another.
	if was != "" && base(was) == base(e.Status) {
		return
	}
	since := w.since
	w.since = e.At
	if was == "" {
		return
	}
	t := Transition{At: e.At, Server: e.Server.String(), From: was, To: e.Status, Asked: w.asked}
	stray := w.stray(haproxy.Status(was), haproxy.Status(e.Status), since, e.At)
	w.by, w.was = nil, haproxy.Status(was)
	if w.saw != base(e.Status) { // or else the step saw it before the record has it
		w.saw = ""
	}
	serves := haproxy.Status(e.Status).Serving() && w.back < since-lag
	if (stray || serves) && !h.forgotten(haproxy.Status(was), e.At) {
		claim := h.run.commands.claim
		if haproxy.Status(e.Status).Down() {
			claim = h.run.commands.claimFall
		}
		w.by = claim(change{what: t.Server, how: "went from " + base(was) + " to " + base(e.Status)}, e.At)
	}
	if w.by != nil {
		if haproxy.Status(e.Status).Serving() {
			w.dealt(effects["ready"], e.At) // it may not go down again for what a step did before
		}
		t.Asked, t.Step = true, w.by.step
		h.run.evidence.stateChanged(t.Server, haproxy.Status(e.Status), e.At, w.by.step)
	} else if stray {
		h.stray(t)
	}
	if len(h.list) < maxTransitions {
		h.list = append(h.list, t)
	}
}

// forgotten reports whether a server that was out of service is not any more
// because a step has just put another HAProxy in the place of the one that knew.
func (h *health) forgotten(was haproxy.Status, at history.Micros) bool {
	return !was.Serving() && h.run.commands.accounted(haproxyRole, at)
}

// stray keeps a change that no step accounts for.
func (h *health) stray(t Transition) {
	if len(h.strays) < maxTransitions {
		h.strays = append(h.strays, t)
	}
	h.strayed++
	h.last = t.At
}

// stray tells a change that no step accounts for. Coming up by itself is no
// harm, but for what is to stay out of service.
func (w *watched) stray(was, is haproxy.Status, since, now history.Micros) bool {
	switch {
	case was.Maint() || was.Base() == "DRAIN" && is.Serving():
		return !w.mayLeave(was.Base(), since, now)
	case is.Serving():
		return false
	}
	return !w.mayBecome(is.Base(), now) && (is.Base() != "DRAIN" || !w.mayBecome(zeroWeight, now))
}

// mayBecome tells whether a command has let a server become that, and none
// has ended it since, but for a look that is told late.
func (w *watched) mayBecome(status string, now history.Micros) bool {
	r := w.rights[status]
	return r.let > 0 && (r.freed <= r.let || now <= r.freed+lag && w.ran < r.freed)
}

// mayLeave tells whether a command has let a server leave that, and none has
// put it there again: a look that was under way when that was sent may still
// show it gone.
func (w *watched) mayLeave(status string, since, now history.Micros) bool {
	r := w.rights[status]
	if weight := w.rights[zeroWeight]; status == "DRAIN" {
		r = right{let: max(r.let, weight.let), freed: max(r.freed, weight.freed)}
	}
	return r.freed > 0 && r.freed >= since-lag && (r.let <= r.freed || now <= r.let+busy)
}

// watched notes the time between two looks at a server.
func (h *health) watched(ref haproxy.ServerRef, from, to history.Micros) {
	if to-from > h.blind.to-h.blind.from {
		h.blind = unwatched{ref, from, to}
	}
}

func base(status string) string { return haproxy.Status(status).Base() }

func (h *health) findings() []Finding {
	seen := false
	for _, ref := range h.run.scenario.ServerRefs() {
		w := h.servers[ref]
		seen = seen || w.status != ""
		if !w.gone {
			h.watched(ref, w.seen, h.run.trafficEnd())
		}
	}
	f := Finding{Invariant: "health", Result: Pass, Count: h.strayed, Text: h.summary()}
	switch {
	case len(h.strays) > 0:
		var parts []string
		for _, t := range h.strays[:min(3, len(h.strays))] {
			parts = append(parts, fmt.Sprintf("%s went from %s to %s at %s", t.Server, t.From, t.To, at(t.At)))
		}
		f.Result, f.First, f.Last = Fail, h.strays[0].At, h.last
		f.Text = "no step had asked for it: " + strings.Join(parts, "; ")
		if more := h.strayed - int64(len(parts)); more > 0 {
			f.Text += fmt.Sprintf("; and %d more", more)
		}
		f.locate(h.run, f.First)
	case !seen:
		f.Result, f.Text = Inconclusive, "no state of a server was recorded, so nothing is known of their health"
	case h.blind.to-h.blind.from > maxUnwatched:
		f.Result, f.Count, f.First, f.Last = Inconclusive, 1, h.blind.from, h.blind.to
		f.Text = fmt.Sprintf("the state of %s is not known from %s to %s; %s is allowed", h.blind.server, at(h.blind.from), at(h.blind.to), round(maxUnwatched))
		if n := h.heldIn(h.blind.from, h.blind.to); 2*n.length >= h.blind.to-h.blind.from {
			f.busy(n.measure())
			f.Text += "; meanwhile " + n.String()
		}
		f.locate(h.run, f.First)
	}
	return append([]Finding{f}, h.ends()...)
}

// heldIn is how long the host held up the lab or halab between two moments, as
// it counted itself or as a client had to wait; 0 where that was not measured.
func (h *health) heldIn(from, to history.Micros) stall {
	most := h.run.hosts.held(from, to)
	for _, s := range h.starved {
		if length := min(s.length, overlap(s.from, s.to, from, to)); length > most.length {
			most = stall{length, s.by}
		}
	}
	return most
}

func (h *health) summary() string {
	changes := int64(len(h.list))
	harmless := slices.IndexFunc(h.list, func(t Transition) bool { return !t.Asked })
	text, asked := plural(changes, "change")+" of state", "a step on that server"
	if h.ran {
		asked += " or a command of yours"
	}
	switch {
	case changes == 0 || harmless >= 0:
		return text + ", none of them down without " + asked
	case changes == 1:
		return text + ", after " + asked
	}
	return text + ", each after " + asked
}
