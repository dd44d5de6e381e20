package mutate

import (
	"fmt"
	"slices"
	"time"

	"halab/internal/history"
	"halab/internal/verify"
)

// Outcome is what became of a mutant.
type Outcome string

// The outcomes. A mutant that passes and is not equivalent is missed: the
// expectations have a hole.
const (
	Caught     Outcome = "caught"
	Equivalent Outcome = "equivalent"
	Missed     Outcome = "missed"
	// Undecided is a run that proves nothing of the mutant: the machine was
	// too busy, or the run ended before a step had done harm.
	Undecided Outcome = "undecided"
)

// Judged is a mutant with what became of it.
type Judged struct {
	Name    string        `json:"name"`
	What    string        `json:"what"`
	Outcome Outcome       `json:"outcome"`
	By      By            `json:"by,omitempty"`      // what caught it
	Verdict verify.Result `json:"verdict,omitempty"` // absent: it was not run
	Why     string        `json:"why"`
	Add     string        `json:"add,omitempty"` // what would catch it, of one that is missed
}

// Unrun judges a mutant that there is no need to run; it says false of any
// other.
func (m Mutant) Unrun() (Judged, bool) {
	j := Judged{Name: m.Name, What: m.What}
	switch {
	case m.Equivalent != "":
		j.Outcome, j.Why = Equivalent, m.Equivalent
	case m.Refused != nil:
		j.Outcome, j.By, j.Why = Caught, ByRefusal, "it is refused: "+m.Refused.Error()
	default:
		return j, false
	}
	return j, true
}

// Judge says what became of a mutant by its verdict and that of the sound
// procedure.
func (m Mutant) Judge(sound, broken *verify.Verdict) Judged {
	j := Judged{Name: m.Name, What: m.What, Verdict: broken.Result}
	switch {
	case Spoiled(broken):
		j.Outcome, j.Why = Undecided, because(broken)
	case broken.Result != verify.Pass:
		j.Outcome, j.By, j.Why = Caught, caughtBy(broken), because(broken)
	default:
		j.Outcome, j.Why = Equivalent, m.equivalent(sound)
		if j.Why == "" {
			j.Outcome, j.Why, j.Add = Missed, "the verdict is PASS all the same", m.add()
		}
	}
	return j
}

// Spoiled tells a run that proves nothing since the machine was too busy, or
// the run could not go on, from one that proves nothing since the procedure
// does not.
func Spoiled(v *verify.Verdict) bool {
	if v.Result == verify.Fail {
		return brokenOff(v)
	}
	return v.Result == verify.Inconclusive && !slices.ContainsFunc(v.Findings, func(f verify.Finding) bool {
		return f.Result == verify.Inconclusive && !f.Busy && slices.Contains([]string{"decided", "procedure", "replaced", "switch"}, f.Invariant)
	})
}

// brokenOff tells a run that was not recorded to its end, and whose harm no
// step can have done: it came before any command.
func brokenOff(v *verify.Verdict) bool {
	cut := false
	for _, f := range v.Findings {
		if f.Result == verify.Fail && f.Step > 0 {
			return false
		}
		cut = cut || f.Invariant == "record" && f.Result != verify.Pass
	}
	return cut
}

// because is why a verdict is not PASS, in a sentence.
func because(v *verify.Verdict) string {
	switch {
	case len(v.Causes) > 0:
		return v.Causes[0].What
	case len(v.Reasons) > 0:
		return v.Reasons[0]
	}
	return "no reason"
}

// equivalent says why clients can see nothing of a mutant that passed; "" where
// they could, and the traffic or the expectations do not look.
func (m Mutant) equivalent(sound *verify.Verdict) string {
	u := m.of[m.at]
	switch m.operator {
	case "drop", "shorten":
		return m.impatient(u, sound)
	case "swap":
		return m.reordered(sound)
	case "kill", "term":
		if gate := m.gateBefore(m.at, u.server); gate > 0 {
			return fmt.Sprintf("step %d has waited for its last session, so there was nothing left to cut", gate)
		}
		if m.drained(sound) {
			return "it had no session left and HAProxy sent it no new ones, so there was nothing to cut"
		}
	case "to-drain", "to-maint", "weigh-out":
		if u.kind != "weight" && (m.operator != "to-maint" || !m.cutsWhenDown(u.server)) {
			return "it, too, sends the server nothing new and lets what it has finish"
		}
	}
	return ""
}

// cutsWhenDown tells whether HAProxy ends the sessions of a server when it is
// marked down, as maintenance does.
func (m Mutant) cutsWhenDown(server string) bool {
	for _, ref := range m.Scenario.ServerRefs() {
		if ref.String() == server {
			return m.Scenario.Server(ref).OnMarkedDown != ""
		}
	}
	return false
}

// impatient judges a step that was left out or cut short.
func (m Mutant) impatient(u unit, sound *verify.Verdict) string {
	switch {
	case u.gates():
		return m.gate(m.at, sound)
	case u.kind == "wait" && !slices.ContainsFunc(m.of[m.at+1:], unit.ends):
		return "it only lets the traffic run, and nothing is ended after it"
	case u.ends() && u.kind != "replace" && (m.out(u.server) || m.drained(sound)) && !m.needed(u.server):
		return "the server had been taken out, no later step needs its end, and clients see nothing of it"
	case u.kind == "reload" && m.operator == "drop":
		return "the same program with the same configuration again changes nothing that clients see"
	}
	return ""
}

// out tells whether a step before the one that was changed took a server out.
func (m Mutant) out(server string) bool {
	out := false
	for _, u := range m.of[:m.at] {
		if u.server == server && !u.looks() {
			out = u.kind == "maint" || u.kind == "drain"
		}
	}
	return out
}

// needed tells whether a step behind the one that was changed may act on a
// server.
func (m Mutant) needed(server string) bool {
	return slices.ContainsFunc(m.of[m.at+1:], func(u unit) bool {
		return u.server == server && !u.looks() || u.kind == "parallel" || u.kind == "run" || u.kind == "manual"
	})
}

// drained tells whether every server that the sound run ended was out of
// service and had no session left, as it has to.
func (m Mutant) drained(sound *verify.Verdict) bool {
	return m.Scenario.Expect.Undrained == 0 && slices.ContainsFunc(sound.Findings, func(f verify.Finding) bool {
		return f.Invariant == verify.DrainedName && f.Result == verify.Pass
	})
}

// prompt is how soon what an expect waits for has to be there for it to have
// held nothing back.
const prompt = history.Micros(150 * time.Millisecond / time.Microsecond)

// gate judges an expect before a step that acts.
func (m Mutant) gate(at int, sound *verify.Verdict) string {
	u := m.of[at]
	if !m.of.actsAfter(at) {
		return "it only looks, and nothing is done after it"
	}
	for _, s := range sound.Steps {
		if s.Index == u.number && s.Ended && s.End-s.Begin <= prompt {
			return fmt.Sprintf("it held nothing back: what it waits for was there within %s", max(time.Millisecond, (s.End-s.Begin).D().Round(time.Millisecond)))
		}
	}
	if u.args["state"] == "UP" {
		return "HAProxy sends to a server from ready on, before its first check, and this nginx was there; the wait is for one that is not"
	}
	return ""
}

// gateBefore is the number of an expect before at that waits for the last
// session of a server, 0 for none.
func (m Mutant) gateBefore(at int, server string) int {
	for _, u := range slices.Backward(m.of[:at]) {
		if u.gates() && u.server == server && u.args["sessions"] == 0 {
			return u.number
		}
	}
	return 0
}

// reordered judges two steps in the other order.
func (m Mutant) reordered(sound *verify.Verdict) string {
	a, b := m.of[m.at], m.of[m.at+1]
	switch {
	case a.kind == b.kind && a.server != b.server:
		return "they do the same to different servers"
	case b.gates() && !a.looks() && a.server != "" && b.server != "" && a.server != b.server:
		return "one server is only waited for before another one is touched"
	case a.ends() && b.kind == "ready" && a.server != b.server:
		return "another server only comes back earlier"
	case a.gates():
		return m.gate(m.at, sound)
	case (a.passes() || b.passes()) && !slices.ContainsFunc(m.of[m.at:], unit.ends):
		return "one of them only lets the traffic run, and nothing is ended there"
	}
	return ""
}

// inFlight is what shows whether what is under way is cut.
const inFlight = "`traffic: {download: {…}}`, so that something long is in flight"

// add says what would catch a mutant that passed.
func (m Mutant) add() string {
	u := m.of[m.at]
	switch {
	case m.operator == "swap" && (u.ends() || m.of[m.at+1].ends() || m.of[m.at+1].args["sessions"] != nil):
		return inFlight
	case m.operator == "swap":
		return fmt.Sprintf("`expect` of something that step %d changes; or `expect: {min-weight: …}`", u.number)
	case u.kind == "upgrade" && u.args["haproxy"] != nil:
		return "a step `expect: {haproxy: VERSION}` after it"
	case m.operator == "kill", m.operator == "term", u.looks():
		return inFlight
	case u.kind == "ready":
		return fmt.Sprintf("a step `expect: {server: %s, state: UP}` at the end", u.server)
	case u.kind == "replace", u.kind == "start", u.kind == "upgrade":
		return "`expect: {version: VERSION}`, which every answer has to show in the end"
	case u.kind == "maint", u.kind == "drain", u.kind == "weight":
		return fmt.Sprintf("`traffic: {download: {…}}`, or `expect: {switch: {from: %s, to: …}}`", u.server)
	case u.kind == "quit", u.kind == "stop", u.kind == "kill":
		return fmt.Sprintf("a step after it that needs %s to have ended: start, or `expect` of its state", u.server)
	}
	return "an expectation of what this step is for"
}
