package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"

	"github.com/spf13/cobra"

	"halab/internal/matrix"
	"halab/internal/probe"
	"halab/internal/scenario"
	"halab/internal/software"
	"halab/internal/upgrade"
)

type matrixFlags struct {
	runFlags
	haproxy, from, to []string
	set               []string
	shard             string
	parallel          int
}

const matrixLong = `Rehearse a scenario once for every combination of versions and settings, several
labs side by side, and write one report of all.

--haproxy replaces the version of HAProxy. --from and --to replace versions of
nginx wherever the scenario has them: on servers, in steps, in the Server header
that a step waits for. The old one is that of the server which expect.switch
comes from, else that of most active servers; the new one is that of the server
which the switch goes to, else the first other one in the file. --set sets any
value by its path, such as traffic.new.rate=50,200; a list or mapping is written
as [a, b] or {a: b}.

Every cell is a run as halab run does it, with a directory of its own below
cells/ in --out. Beside it are matrix.html, whose cells open the runs, matrix.json
and matrix.xml (JUnit). They are written anew when a cell ends, so that a matrix
which is killed leaves what it had.

--parallel cells have traffic at once, while the labs of others come up and go
down. More of them end sooner, until they take the processor from one another:
then what was sent too late makes a cell INCONCLUSIVE, never wrong.

--shard 2/5 runs the second fifth of the cells, and halab merge puts the results
of all together. In a Kubernetes Indexed Job JOB_COMPLETION_INDEX says which one
it is, where HALAB_SHARDS says of how many.

The exit code is the gravest of the cells': 1 (FAIL), then 3 (a cell could not be
run, as without its version), then 4 (INCONCLUSIVE).`

func (a *app) matrixCommand() *cobra.Command {
	var f matrixFlags
	cmd := &cobra.Command{
		Use:   "matrix SCENARIO",
		Short: "Rehearse a scenario over versions and settings, and tell what differs",
		Long:  matrixLong,
		Example: `  halab matrix debian-upgrade --haproxy 2.2,2.6,3.0,3.2 --to 1.22.1,1.26.3
  halab matrix my.yaml --set traffic.new.rate=50,200 --set backends[0].balance=first,leastconn
  halab matrix my.yaml --haproxy 2.6,3.2 --shard 1/2 --out one`,
		Args:              takes(cobra.ExactArgs(1)),
		ValidArgsFunction: completeScenario,
		RunE:              func(cmd *cobra.Command, args []string) error { return a.matrix(cmd.Context(), args[0], f) },
	}
	f.addPrograms(cmd)
	f.addJudging(cmd)
	flags := cmd.Flags()
	flags.StringSliceVar(&f.haproxy, "haproxy", nil, "`VERSIONS` of HAProxy, separated by commas")
	flags.StringSliceVar(&f.from, "from", nil, "`VERSIONS` of nginx in the place of the old one; nginx:1.18.0 too")
	flags.StringSliceVar(&f.to, "to", nil, "`VERSIONS` of nginx in the place of the new one")
	flags.StringArrayVar(&f.set, "set", nil, "`PATH=VALUES` of the scenario, such as traffic.new.rate=50,200; may be repeated")
	flags.StringVar(&f.shard, "shard", "", "`i/n` runs one part of n; from HALAB_SHARDS and JOB_COMPLETION_INDEX unless given")
	flags.IntVar(&f.parallel, "parallel", runtime.NumCPU(), "how many cells have traffic at once")
	return cmd
}

// maxParallel bounds the labs of one halab.
const maxParallel = 256

// matrix runs the cells of its shard.
func (a *app) matrix(ctx context.Context, name string, f matrixFlags) error {
	s, err := a.load(ctx, name)
	if err != nil {
		return err
	}
	shard, err := f.shardOf(a)
	if err != nil {
		return err
	}
	if f.parallel < 1 || f.parallel > maxParallel {
		return usagef("--parallel %d: want 1 to %d", f.parallel, maxParallel)
	}
	if err := errors.Join(f.check([]*scenario.Scenario{s}), f.checkTries(), checkOut(f.out)); err != nil {
		return err
	}
	if err := refuseByHand(s, "halab matrix"); err != nil {
		return err
	}
	axes, err := f.axes()
	if err != nil {
		return err
	}
	plan, err := matrix.NewPlan(s, axes)
	if err != nil {
		return &usageError{err}
	}
	r, err := newMatrixRun(a, f, plan, shard)
	if err != nil {
		return err
	}
	if !f.noSelfTest {
		if err := probe.SelfTest(ctx); err != nil {
			return err
		}
	}
	return r.run(ctx)
}

// axes are those of the flags: versions first, then settings as given.
func (f *matrixFlags) axes() ([]matrix.Axis, error) {
	var out []matrix.Axis
	for _, v := range []struct {
		name, program string
		values        []string
	}{
		{matrix.HAProxyAxis, software.HAProxy, f.haproxy},
		{matrix.FromAxis, software.Nginx, f.from},
		{matrix.ToAxis, software.Nginx, f.to},
	} {
		if len(v.values) == 0 {
			continue
		}
		axis, err := matrix.Versions(v.name, v.program, v.values)
		if err != nil {
			return nil, usagef("--%s: %w", v.name, err)
		}
		out = append(out, axis)
	}
	for _, text := range f.set {
		axis, err := matrix.Set(text)
		if err != nil {
			return nil, usagef("--set %w", err)
		}
		out = append(out, axis)
	}
	return out, nil
}

// The variables by which a Kubernetes Indexed Job says which shard a pod is.
// Kubernetes sets the first, the manifest the second.
const (
	completionIndex = "JOB_COMPLETION_INDEX"
	shardCount      = "HALAB_SHARDS"
)

// shardOf is the shard of the flag, else that of the environment, else all.
func (f *matrixFlags) shardOf(a *app) (matrix.Shard, error) {
	index, count := os.Getenv(completionIndex), os.Getenv(shardCount)
	switch {
	case f.shard != "":
		shard, err := matrix.ParseShard(f.shard)
		if err != nil {
			return shard, usagef("--shard %w", err)
		}
		return shard, nil
	case index == "" && count == "":
		return matrix.Shard{}, nil
	case index == "" || count == "":
		a.say("%s and %s make a shard together; one of them alone is set, so this runs the whole matrix", shardCount, completionIndex)
		return matrix.Shard{}, nil
	}
	shard, err := matrix.IndexedShard(index, count)
	if err != nil {
		return shard, usagef("%s=%s with %s=%s: %w", completionIndex, index, shardCount, count, err)
	}
	a.say("shard %s, by %s and %s", shard, shardCount, completionIndex)
	return shard, nil
}

// newMatrixRun makes the cells. Nothing is started; a mistake in any of them,
// in another shard too, is told now.
func newMatrixRun(a *app, f matrixFlags, plan *matrix.Plan, shard matrix.Shard) (*matrixRun, error) {
	scenarios, err := plan.Cells(upgrade.Kinds())
	if err != nil {
		var mistakes scenario.Errors
		if errors.As(err, &mistakes) {
			return nil, err
		}
		return nil, &usageError{err}
	}
	r := &matrixRun{app: a, flags: f, m: plan.New(shard), turns: make(chan struct{}, f.parallel)}
	for i, s := range scenarios {
		if !shard.Has(i) {
			continue
		}
		control, err := f.controlled(s)
		if err != nil {
			return nil, fmt.Errorf("cell %s: %w", plan.Places[i].ID, err)
		}
		r.cells = append(r.cells, &cellRun{id: plan.Places[i].ID, scenario: s, control: control})
	}
	keep, err := keeper()
	r.lab.Keeper = keep
	r.chooser = f.chooser(a)
	return r, err
}

// choose finds the runtime and the programs of a cell, and of its control,
// before any lab is up: what has to be fetched takes no time from others.
func (r *matrixRun) choose(ctx context.Context, c *cellRun) (err error) {
	if c.choice, err = r.chooser.Choose(ctx, c.scenario, r.flags.runtime); err != nil || c.control == nil {
		return err
	}
	c.controlChoice, err = r.chooser.Choose(ctx, c.control.scenario, r.flags.runtime)
	return err
}
