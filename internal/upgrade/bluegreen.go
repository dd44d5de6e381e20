package upgrade

import (
	"halab/internal/haproxy"
	"halab/internal/scenario"
)

// blueGreen moves the traffic of a backend from one set of servers to
// another: the green ones come into service and have to be plainly UP, and
// only then the blue ones go into maintenance. Requests in flight on those go
// on, and the step is done when the last has ended.
type blueGreen struct {
	Blue  []haproxy.ServerRef `yaml:"blue" required:"true" doc:"The servers that serve now."`
	Green []haproxy.ServerRef `yaml:"green" required:"true" doc:"The servers that are to serve."`
	Drain scenario.Duration   `yaml:"drain" doc:"How long a blue server may take to lose its last session; 30s unless said otherwise."`
}

// Validate checks that the servers exist.
func (b *blueGreen) Validate(c *scenario.Check) {
	for i := range b.Blue {
		c.ServerRef("blue", &b.Blue[i])
	}
	for i := range b.Green {
		c.ServerRef("green", &b.Green[i])
	}
}

func (b *blueGreen) expand(*scenario.Scenario) []scenario.Step {
	drain := b.Drain
	if drain == 0 {
		drain = gate
	}
	var out []scenario.Step
	for _, ref := range b.Green {
		out = append(out, readyStep(ref))
	}
	for _, ref := range b.Green {
		out = append(out, upStep(ref, gate))
	}
	for _, ref := range b.Blue {
		out = append(out, maintStep(ref))
	}
	for _, ref := range b.Blue {
		out = append(out, drainedStep(ref, drain))
	}
	return out
}
