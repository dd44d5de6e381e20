package mutate

import (
	"fmt"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"halab/internal/scenario"
	"halab/internal/upgrade"
)

// procedure is a scenario's steps, those that stand for several written out.
type procedure []unit

// unit is one step.
type unit struct {
	top    int // index of the scenario's step that it is, or is a part of
	number int // in the plan, from 1
	kind   string
	text   string // on one line, as reports show it
	yaml   string
	part   bool // of a step that stands for several
	server string
	args   map[string]any // nil where it is written in its short form
}

// newProcedure writes the steps out. Steps that run side by side stay one.
func newProcedure(s *scenario.Scenario) (procedure, error) {
	var source struct{ Steps []yaml.Node }
	if err := yaml.Unmarshal(s.Source, &source); err != nil {
		return nil, fmt.Errorf("read the steps: %w", err)
	}
	var out procedure
	number := 1
	for top, step := range s.Steps {
		plan, err := upgrade.Compile(s, []scenario.Step{step}, number)
		if err != nil {
			return nil, err
		}
		number += plan.Size()
		if parts := writtenOut(plan); parts != nil && len(plan) > 1 {
			for _, p := range plan {
				out = append(out, newUnit(s, top, p.Index, p.Step, p.Text))
				out[len(out)-1].part = true
			}
			continue
		}
		text, err := yaml.Marshal(plainly(&source.Steps[top]))
		if err != nil {
			return nil, fmt.Errorf("write step %d: %w", top+1, err)
		}
		out = append(out, newUnit(s, top, number-plan.Size(), step, string(text)))
	}
	return out, nil
}

// writtenOut are the texts of a plan whose steps can each be written as one;
// nil where some run side by side, or are too long to be told whole.
func writtenOut(plan upgrade.Plan) []string {
	var out []string
	for _, p := range plan {
		if p.Lanes != nil || strings.HasSuffix(p.Text, "…") || p.Timeout > 0 {
			return nil
		}
		out = append(out, p.Text)
	}
	return out
}

func newUnit(s *scenario.Scenario, top, number int, step scenario.Step, text string) unit {
	u := unit{top: top, number: number, kind: step.Kind, text: step.Text, yaml: strings.TrimSpace(text)}
	var fields map[string]any
	if yaml.Unmarshal([]byte(text), &fields) == nil {
		switch value := fields[step.Kind].(type) {
		case string:
			u.server = value
		case map[string]any:
			u.args = value
			u.server, _ = value["server"].(string)
		}
	}
	for _, ref := range s.ServerRefs() {
		if u.server == ref.Server { // short for backend/server
			u.server = ref.String()
		}
	}
	return u
}

// plainly is a node without its comments, which belong to the sound one.
func plainly(n *yaml.Node) *yaml.Node {
	n.HeadComment, n.LineComment, n.FootComment = "", "", ""
	for _, c := range n.Content {
		plainly(c)
	}
	return n
}

// String is how a unit is named: step 2 maint: bk_app/nginx2.
func (u unit) String() string { return fmt.Sprintf("step %d %s", u.number, u.text) }

// gates tells a step that waits for something to come, not for time to pass.
func (u unit) gates() bool {
	return u.kind == "expect" || u.kind == "wait" && u.args["sessions"] != nil
}

// passes tells a step that only lets time pass.
func (u unit) passes() bool { return u.kind == "wait" && !u.gates() }

// looks tells a step that only waits or looks from one that acts.
func (u unit) looks() bool { return u.kind == "expect" || u.kind == "wait" }

// ends tells a step that ends a server's nginx.
func (u unit) ends() bool {
	return slices.Contains([]string{"kill", "quit", "replace", "stop"}, u.kind)
}

// with is the unit with some of its arguments changed; nil takes one away.
func (u unit) with(kind string, changes map[string]any) string {
	args := map[string]any{}
	for k, v := range u.args {
		args[k] = v
	}
	for k, v := range changes {
		if args[k] = v; v == nil {
			delete(args, k)
		}
	}
	text, err := yaml.Marshal(map[string]any{kind: args})
	if err != nil {
		panic(err) // it came from YAML
	}
	return strings.TrimSpace(string(text))
}

// actsAfter tells whether a unit behind i acts.
func (p procedure) actsAfter(i int) bool {
	return slices.ContainsFunc(p[i+1:], func(u unit) bool { return !u.looks() })
}

// change is what an operator does: n units from at on become those in to.
type change struct {
	what       string
	at, n      int
	to         []string // YAML
	equivalent string
}

// edits are a change as edits of the scenario's own steps. What was part of a
// step that stands for several is written as a repeat of one.
func (p procedure) edits(c change) []scenario.Edit {
	top := p[c.at].top
	if p[c.at].part {
		var all []string
		for i, u := range p {
			switch {
			case i == c.at:
				all = append(all, c.to...)
			case u.top == top && (i < c.at || i >= c.at+c.n):
				all = append(all, u.yaml)
			}
		}
		return []scenario.Edit{scenario.StepEdit{Index: top, YAML: once(all)}}
	}
	switch {
	case c.n == 2:
		return []scenario.Edit{scenario.StepEdit{Index: top, YAML: c.to[0]}, scenario.StepEdit{Index: p[c.at+1].top, YAML: c.to[1]}}
	case len(c.to) == 0:
		return []scenario.Edit{scenario.StepEdit{Index: top}}
	case len(c.to) == 1:
		return []scenario.Edit{scenario.StepEdit{Index: top, YAML: c.to[0]}}
	}
	return []scenario.Edit{scenario.StepEdit{Index: top, YAML: once(c.to)}}
}

// once is a repeat of these steps, one time.
func once(steps []string) string {
	var b strings.Builder
	b.WriteString("repeat:\n  times: 1\n  steps:\n")
	for _, s := range steps {
		b.WriteString("    - " + strings.ReplaceAll(s, "\n", "\n      ") + "\n")
	}
	return b.String()
}
