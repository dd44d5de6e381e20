package upgrade

import (
	"context"
	"slices"
	"time"

	"halab/internal/haproxy"
	"halab/internal/scenario"
	"halab/internal/software"
)

// reload puts a HAProxy in the place of the one that runs, which hands its
// listening sockets over and finishes what it has: with the same version a
// reload, with another one an upgrade (HAProxy Management Guide 4, -sf and
// -x).
//
// Connections that are being accepted lose nothing. A kept connection that is
// idle is closed by the old process, maybe while a request is on its way to
// it: option idle-close-on-response lets it answer once more first.
// Maintenance is lost unless the server state was saved, and the new process
// begins with its checks.
type reload struct {
	Version string `yaml:"haproxy" format:"version" doc:"The HAProxy version that takes over; the one that runs unless said otherwise."`
}

func newReload() scenario.StepArgs { return &reload{} }

// TakesOver tells whether a step of the scenario puts one HAProxy in the place
// of another, which not every runtime can do.
func TakesOver(s *scenario.Scenario) bool {
	return slices.ContainsFunc(s.Steps, func(step scenario.Step) bool {
		_, ok := step.Args.(*reload)
		return ok
	})
}

// Validate has nothing to add to the field's own rules.
func (r *reload) Validate(*scenario.Check) {}

func (r *reload) needs() []Need {
	v, err := haproxy.ParseVersion(r.Version)
	if err != nil {
		return nil
	}
	return []Need{{Want: software.Want{Name: software.HAProxy, Version: v}}}
}

func (r *reload) limit() time.Duration { return 0 }

func (r *reload) run(ctx context.Context, env *Env) error {
	if r.Version == "" {
		env.Did(Command{Text: "reload HAProxy", Takeover: true})
		return env.Lab.TakeOver(ctx, nil)
	}
	env.Did(Command{Text: "upgrade HAProxy to " + r.Version, Takeover: true})
	p, err := env.Program(r.needs()[0].Want)
	if err != nil {
		return err
	}
	return env.Lab.TakeOver(ctx, &p)
}
