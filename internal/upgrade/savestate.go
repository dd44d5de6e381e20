package upgrade

import (
	"context"
	"time"

	"halab/internal/scenario"
)

// saveState writes show servers state to the lab's server-state-file, which
// the next HAProxy reads as it begins where the defaults have
// load-server-state-from-file global (HAProxy manual 4.2): so maintenance
// survives a reload. What changes after this step and before the reload is
// lost. It does nothing to requests in flight.
type saveState struct {
	_ bool // every step has an address of its own
}

// Validate checks that somebody reads what is saved.
func (s *saveState) Validate(c *scenario.Check) {
	if c.Scenario().HAProxy.Defaults.LoadServerStateFromFile == "" {
		c.Errorf("", "haproxy: {defaults: {load-server-state-from-file: global}} in this scenario", "", "no HAProxy would load the state that is saved")
	}
}

func (s *saveState) limit() time.Duration { return 0 }

func (s *saveState) run(ctx context.Context, env *Env) error {
	env.Did(Command{Text: "show servers state", Looks: true})
	return env.Lab.SaveState(ctx)
}
