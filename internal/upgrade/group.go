package upgrade

import (
	"halab/internal/scenario"
)

// repeat stands for its steps, several times over.
type repeat struct {
	Times int             `yaml:"times" required:"true" min:"1" max:"1000" doc:"How often."`
	Steps []scenario.Step `yaml:"steps" required:"true" doc:"What is repeated."`
}

// Validate checks the steps.
func (r *repeat) Validate(c *scenario.Check) { c.Steps("steps", r.Steps) }

func (r *repeat) expand(*scenario.Scenario) []scenario.Step {
	var out []scenario.Step
	for range r.Times {
		out = append(out, r.Steps...)
	}
	return out
}

// parallel runs its steps side by side, each in a lane of its own. The step
// is done when all are; when one fails the others are ended.
type parallel struct {
	Steps []scenario.Step `yaml:"steps" required:"true" doc:"What runs side by side."`
}

// Validate checks the steps.
func (p *parallel) Validate(c *scenario.Check) { c.Steps("steps", p.Steps) }

// Lanes are the steps, each alone.
func (p *parallel) Lanes() [][]scenario.Step {
	var out [][]scenario.Step
	for _, step := range p.Steps {
		out = append(out, []scenario.Step{step})
	}
	return out
}
