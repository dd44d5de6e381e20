package upgrade

import (
	"context"
	"time"

	"halab/internal/scenario"
)

// wait lets the traffic run: wait: 5s.
type wait struct {
	For scenario.Duration `yaml:"for" required:"true" doc:"How long."`
}

// SetScalar takes wait: 5s.
func (w *wait) SetScalar(value string) error {
	d, err := scenario.ParseDuration(value)
	w.For = d
	return err
}

// Validate has nothing to add to the field's own rules.
func (w *wait) Validate(c *scenario.Check) {
	if w.For <= 0 {
		c.Errorf("for", "a duration above zero, such as 5s", "", "wait is not above zero")
	}
}

func (w *wait) limit() time.Duration { return w.For.D() + defaultLimit }

func (w *wait) run(ctx context.Context, _ *Env) error { return sleep(ctx, w.For.D()) }
