package upgrade

import (
	"cmp"
	"time"

	"halab/internal/haproxy"
	"halab/internal/scenario"
)

// canary gives a server more and more of the traffic: its weight goes up in
// stages, each held for a while, and it has to be plainly UP after each.
// Requests in flight go on.
// Weights are absolute, beside the other servers' own.
type canary struct {
	Server  haproxy.ServerRef `yaml:"server" required:"true" doc:"The server, backend/server; it has the new version."`
	Weights []int             `yaml:"weights" required:"true" min:"0" max:"256" doc:"The weights, one a stage."`
	Hold    scenario.Duration `yaml:"hold" doc:"How long a stage lasts; 5s unless said otherwise."`
}

// Validate checks that the server exists.
func (s *canary) Validate(c *scenario.Check) { c.ServerRef("server", &s.Server) }

func (s *canary) expand(*scenario.Scenario) []scenario.Step {
	out := []scenario.Step{readyStep(s.Server), upStep(s.Server, gate)}
	for _, w := range s.Weights {
		out = append(out, weightStep(s.Server, w), waitStep(cmp.Or(s.Hold, scenario.Duration(5*time.Second)).D()), upStep(s.Server, gate))
	}
	return out
}
