package upgrade

import (
	"fmt"

	"halab/internal/scenario"
)

// Plan is a compiled procedure: simple steps in order, and groups of them
// that run side by side or have one time limit together.
type Plan []Planned

// Planned is one step of a plan.
type Planned struct {
	scenario.Step
	Index int // from 1, over the whole plan
	// Of is the step of the scenario that this one belongs to, where that is
	// written as one that stands for several.
	Of string
	// Lanes are plans that run side by side; one alone where they are there for
	// the group's Timeout, nil for a simple step.
	Lanes []Plan

	run runner
}

// expander is implemented by a kind that stands for several steps.
type expander interface {
	// expand writes the step as the simple ones that it stands for.
	expand(s *scenario.Scenario) []scenario.Step
}

// Compile turns steps into a plan, numbering them from first.
func Compile(s *scenario.Scenario, steps []scenario.Step, first int) (Plan, error) {
	c := &compiler{s: s, next: first}
	return c.all(steps, "")
}

// Size is the number of simple steps in the plan.
func (p Plan) Size() int {
	n := 0
	for range p.simple {
		n++
	}
	return n
}

// simple yields the simple steps of the plan, a group's lane after lane.
func (p Plan) simple(yield func(Planned) bool) {
	p.each(yield)
}

func (p Plan) each(yield func(Planned) bool) bool {
	for _, step := range p {
		if step.Lanes == nil && !yield(step) {
			return false
		}
		for _, lane := range step.Lanes {
			if !lane.each(yield) {
				return false
			}
		}
	}
	return true
}

type compiler struct {
	s    *scenario.Scenario
	next int
}

func (c *compiler) all(steps []scenario.Step, of string) (Plan, error) {
	var plan Plan
	for _, step := range steps {
		some, err := c.step(step, of)
		if err != nil {
			return nil, err
		}
		plan = append(plan, some...)
	}
	return plan, nil
}

func (c *compiler) step(step scenario.Step, of string) (Plan, error) {
	switch args := step.Args.(type) {
	case expander:
		inner := args.expand(c.s)
		for i := range inner {
			if inner[i].Pos == (scenario.Pos{}) {
				inner[i].Pos = step.Pos
			}
		}
		if step.Timeout > 0 {
			return c.group(step, of, inner)
		}
		return c.all(inner, step.Text)
	case *parallel:
		return c.group(step, of, args.Lanes()...)
	case runner:
		if t, ok := args.(titled); ok && t.title() != "" {
			step.Text = step.Kind + ": " + t.title()
		}
		p := Planned{Step: step, Index: c.next, Of: of, run: args}
		c.next++
		return Plan{p}, nil
	}
	return nil, fmt.Errorf("compile %s: %q is no kind of step", step.Text, step.Kind)
}

func (c *compiler) group(step scenario.Step, of string, lanes ...[]scenario.Step) (Plan, error) {
	p := Planned{Step: step, Of: of}
	for _, lane := range lanes {
		plan, err := c.all(lane, step.Text)
		if err != nil {
			return nil, err
		}
		p.Lanes = append(p.Lanes, plan)
	}
	return Plan{p}, nil
}
