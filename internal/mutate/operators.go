package mutate

import (
	"fmt"
	"time"

	"halab/internal/scenario"
)

// operator breaks a procedure at one unit, where it can.
type operator struct {
	name  string
	apply func(p procedure, i int) (change, bool)
}

// operators are the ways in which procedures go wrong, sorted by name.
func operators() []operator {
	return []operator{
		{"drop", drop},
		{"kill", kill},
		{"shorten", shorten},
		{"swap", swap},
		{"term", term},
		{"to-drain", toDrain},
		{"to-maint", toMaint},
		{"unversion", unversion},
		{"weigh-out", weighOut},
	}
}

// drop leaves a step out.
func drop(p procedure, i int) (change, bool) {
	c := change{what: "without " + p[i].String(), at: i, n: 1}
	if p[i].gates() && !p.actsAfter(i) {
		c.equivalent = "it only looks, and nothing is done after it"
	}
	return c, true
}

// kill ends a server's nginx by KILL.
func kill(p procedure, i int) (change, bool) { return p.endBy(i, "kill", "quit", "replace", "stop") }

// term ends it by TERM.
func term(p procedure, i int) (change, bool) { return p.endBy(i, "stop", "quit", "replace") }

func (p procedure) endBy(i int, kind string, kinds ...string) (change, bool) {
	u := p[i]
	for _, k := range kinds {
		if u.kind != k {
			continue
		}
		c := change{what: fmt.Sprintf("%s in place of %s", kind, u), at: i, n: 1, to: []string{kind + ": " + u.server}}
		if k == "replace" {
			c.to = append(c.to, u.with("start", nil))
		}
		return c, true
	}
	return change{}, false
}

// impatient is what is left of the time that an expect has.
const impatient = "50ms"

// shorten takes a wait to a tenth, and the patience of an expect away where
// the scenario says how much it has.
func shorten(p procedure, i int) (change, bool) {
	u := p[i]
	c := change{at: i, n: 1}
	switch {
	case u.gates() && u.args["within"] != nil:
		c.what, c.to = fmt.Sprintf("within %s in place of %v in %s", impatient, u.args["within"], u), []string{u.with(u.kind, map[string]any{"within": impatient})}
		return c, true
	case u.passes():
		d, err := scenario.ParseDuration(fmt.Sprint(u.waits()))
		if err != nil {
			return c, false
		}
		short := max(d.D()/10, time.Millisecond)
		c.what, c.to = fmt.Sprintf("%s in place of %s", short, u), []string{"wait: " + short.String()}
		return c, true
	}
	return c, false
}

// waits is how long a wait lasts, as it is written: its short form is a scalar.
func (u unit) waits() any {
	if u.args != nil {
		return u.args["for"]
	}
	return u.server
}

// swap changes the order of two neighbours.
func swap(p procedure, i int) (change, bool) {
	if i+1 == len(p) {
		return change{}, false
	}
	a, b := p[i], p[i+1]
	if a.yaml == b.yaml || a.part != b.part || a.part && a.top != b.top {
		return change{}, false
	}
	c := change{what: fmt.Sprintf("step %d %s before step %d %s", b.number, b.text, a.number, a.text), at: i, n: 2, to: []string{b.yaml, a.yaml}}
	if a.looks() && b.looks() {
		c.equivalent = "both only wait or look"
	}
	return c, true
}

// toDrain drains a server in place of maintenance.
func toDrain(p procedure, i int) (change, bool) { return p.as(i, "maint", "drain") }

// toMaint puts a server into maintenance in place of draining it.
func toMaint(p procedure, i int) (change, bool) { return p.as(i, "drain", "maint") }

func (p procedure) as(i int, from, to string) (change, bool) {
	u := p[i]
	return change{what: fmt.Sprintf("%s in place of %s", to, u), at: i, n: 1, to: []string{to + ": " + u.server}}, u.kind == from
}

// unversion starts the version that runs, where another one is to be started.
func unversion(p procedure, i int) (change, bool) {
	u := p[i]
	c := change{what: fmt.Sprintf("the version that runs in place of %s", u), at: i, n: 1}
	switch {
	case u.kind == "start" && u.args["nginx"] != nil:
		c.to = []string{u.with("start", map[string]any{"nginx": nil})}
	case u.kind == "upgrade" && u.args["haproxy"] != nil:
		c.to = []string{"reload: haproxy"}
	case u.kind == "upgrade":
		c.to = []string{"reload: " + u.server}
	default:
		return change{}, false
	}
	return c, true
}

// weighOut takes a server's weight away: in place of maintenance or drain, or
// of the weight that it was to have.
func weighOut(p procedure, i int) (change, bool) {
	u := p[i]
	if u.kind != "maint" && u.kind != "drain" && (u.kind != "weight" || u.args["value"] == 0) {
		return change{}, false
	}
	return change{what: "weight 0 in place of " + u.String(), at: i, n: 1,
		to: []string{fmt.Sprintf("weight: {server: %s, value: 0}", u.server)}}, true
}
