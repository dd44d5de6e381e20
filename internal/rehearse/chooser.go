package rehearse

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"golang.org/x/sync/errgroup"

	"halab/internal/lab"
	"halab/internal/lab/container"
	"halab/internal/lab/process"
	"halab/internal/scenario"
	"halab/internal/software"
	"halab/internal/upgrade"
)

// Auto asks Choose for containers where an engine answers and can provide the
// versions, else for processes.
const Auto = "auto"

// Chooser finds the runtime and the programs of scenarios. What it found out
// about this machine, such as a registry that does not answer, it remembers,
// so several scenarios want one Chooser.
type Chooser struct {
	engine    func(context.Context) error // asked once
	images    *software.Resolver
	processes *software.Resolver
	exact     *software.Resolver // processes, never a substitute
}

// NewChooser looks at nothing yet. The engine of o is the Chooser's own. It
// asks images for their version by the command apart, which runs
// container.RunApart, and without one by itself.
func NewChooser(o software.Options, apart []string) *Chooser {
	o.Engine = nil
	strict := o
	strict.Substitute, strict.Progress = false, nil
	withEngine := o
	engine := container.New()
	withEngine.Engine = engine
	if len(apart) > 0 {
		withEngine.Engine = container.Apart{Runtime: engine, Command: apart}
	}
	return &Chooser{
		engine:    once(engine.Ping),
		images:    software.New(withEngine),
		processes: software.New(o),
		exact:     software.New(strict),
	}
}

func once(ping func(context.Context) error) func(context.Context) error {
	var asked sync.Once
	var err error
	return func(ctx context.Context) error {
		asked.Do(func() { err = ping(ctx) })
		return err
	}
}

// Choose finds the programs of a scenario and the runtime to run them in:
// "process", "container" or Auto.
func (c *Chooser) Choose(ctx context.Context, s *scenario.Scenario, runtime string) (Choice, error) {
	switch runtime {
	case process.New().Name():
		return c.process(ctx, s, "asked for")
	case container.New().Name():
		if err := c.engine(ctx); err != nil {
			return Choice{}, err
		}
		if servers := upgrade.InPlace(s); len(servers) > 0 {
			return Choice{}, fmt.Errorf("%s is upgraded in place, and %s: use --runtime process", servers[0], oneImage)
		}
		return c.container(ctx, s, "asked for")
	case Auto:
		return c.auto(ctx, s)
	}
	return Choice{}, CheckRuntime(runtime)
}

// oneImage is why nginx is not upgraded in place in a container.
const oneImage = "a container has one version of nginx"

// auto prefers containers to processes, and either without a substitute to
// either with one.
func (c *Chooser) auto(ctx context.Context, s *scenario.Scenario) (Choice, error) {
	switch servers := upgrade.InPlace(s); {
	case len(servers) > 0:
		return c.process(ctx, s, servers[0].String()+" is upgraded in place, and "+oneImage)
	case upgrade.UpgradesHAProxy(s):
		return c.process(ctx, s, "HAProxy is upgraded, and two containers cannot hand listeners over")
	}
	if err := c.engine(ctx); err != nil {
		return c.process(ctx, s, noEngine(err))
	}
	images, err := c.container(ctx, s, "a container engine answers and has the versions")
	if err == nil && !images.substituted() || ctx.Err() != nil {
		return images, err
	}
	if programs, perr := find(ctx, s, c.exact.Process); perr == nil {
		return Choice{Runtime: process.New().Name(), Why: "the container engine does not have the versions, this machine does", Programs: programs}, nil
	}
	if err == nil {
		images.Why = "a container engine answers"
		return images, nil
	}
	if other, perr := c.process(ctx, s, "the container engine cannot provide the versions: "+err.Error()); perr == nil {
		return other, nil
	}
	return Choice{}, err
}

// noEngine says in short why there is no engine.
func noEngine(err error) string {
	if e, ok := errors.AsType[*container.EngineError](err); ok {
		return fmt.Sprintf("no container engine at %s: %s", e.Host, e.Problem)
	}
	return "no container engine: " + err.Error()
}

func (c *Chooser) process(ctx context.Context, s *scenario.Scenario, why string) (Choice, error) {
	programs, err := find(ctx, s, c.processes.Process)
	return Choice{Runtime: process.New().Name(), Why: why, Programs: programs}, err
}

func (c *Chooser) container(ctx context.Context, s *scenario.Scenario, why string) (Choice, error) {
	programs, err := find(ctx, s, c.images.Image)
	return Choice{Runtime: container.New().Name(), Why: why, Programs: programs}, err
}

// substituted tells whether a program stands in for another version.
func (c Choice) substituted() bool {
	for _, p := range c.Programs {
		if p.Substitute {
			return true
		}
	}
	return false
}

// find gets every program of a scenario, side by side, each version once.
func find(ctx context.Context, s *scenario.Scenario, get func(context.Context, software.Want) (software.Program, error)) (lab.Programs, error) {
	all, err := wants(s)
	if err != nil {
		return nil, err
	}
	var mu sync.Mutex
	found := map[software.Want]software.Program{}
	group, ctx := errgroup.WithContext(ctx)
	for _, want := range distinct(all) {
		group.Go(func() error {
			p, err := get(ctx, want)
			if err != nil {
				return fmt.Errorf("%s: %w", askedFor(s, all, want), err)
			}
			mu.Lock()
			defer mu.Unlock()
			found[want] = p
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	programs := lab.Programs{}
	for role, want := range all {
		programs[role] = found[want]
	}
	return programs, nil
}

func distinct(all map[string]software.Want) []software.Want {
	seen := map[software.Want]bool{}
	var out []software.Want
	for _, want := range all {
		if !seen[want] {
			seen[want] = true
			out = append(out, want)
		}
	}
	return out
}
