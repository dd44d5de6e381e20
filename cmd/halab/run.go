package main

import (
	"context"
	"errors"
	"io"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"halab/internal/probe"
	"halab/internal/rehearse"
	"halab/internal/report"
	"halab/internal/scenario"
	"halab/internal/verify"
)

// runFlags are what run and matrix have in common.
type runFlags struct {
	labFlags
	out             string
	noExpectVerdict bool
	control         bool
	noSelfTest      bool
	tries           int
	seed            uint64
	quiet           bool
	json            bool
	kept            *report.Run // where one of several runs leaves what came of it
}

const runLong = `Bring a lab up, carry the scenario's procedure out on it under traffic, judge
what happened, write the results, and remove the lab.

The results (the history of every request, the configurations, HAProxy's log and
the reports) go to --out, or to a new directory in ./halab-results; with several
scenarios each has a directory of its own in --out, by its name, and beside them
stand index.html, summary.md and one junit.xml of all.

A scenario says which verdict it must have, PASS unless it says otherwise. Exit
code 0 means that it has that one, for the reason that it names: a scenario that
teaches how requests are lost succeeds with FAIL. With --no-expect-verdict the
exit code is that of the verdict itself.

With several scenarios all are run, and the exit code is the gravest: 1 (FAIL),
then 3 (could not be run), then 4 (INCONCLUSIVE). A request that was lost stays
lost, whatever else went wrong. With --json standard output has one JSON
document for each scenario.`

func (a *app) runCommand() *cobra.Command {
	var f runFlags
	var set []string
	cmd := &cobra.Command{
		Use:   "run SCENARIO...",
		Short: "Rehearse scenarios: lab up, procedure under traffic, verdict, lab down",
		Long:  runLong,
		Example: `  halab run blog-walkthrough
  halab run blog-walkthrough --substitute       with the versions that can be had
  halab run scenarios/*.yaml --out results/     in a pipeline
  halab run my.yaml --runtime process --publish 80`,
		Args:              takes(cobra.MinimumNArgs(1)),
		ValidArgsFunction: completeScenario,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.run(cmd.Context(), args, set, f)
		},
	}
	f.add(cmd)
	cmd.Flags().StringArrayVar(&set, "set", nil, "set a value of the scenarios by its path: traffic.new.rate=200, or\nexpect.max-gap=1s on a machine that is busy; may be given several times")
	f.addJudging(cmd)
	cmd.Flags().BoolVar(&f.quiet, "quiet", false, "print the verdicts and their reasons alone, each in a line")
	cmd.MarkFlagsMutuallyExclusive("quiet", "json")
	return cmd
}

// addJudging adds the flags that say where the results go and how they are
// judged.
func (f *runFlags) addJudging(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.out, "out", "", "directory for the results; made if it is missing, and otherwise empty")
	flags.BoolVar(&f.noExpectVerdict, "no-expect-verdict", false, "exit with the code of the verdict itself")
	flags.BoolVar(&f.control, "control", false, "run the procedure once more without its protecting step; where that loses\nnothing, the verdict is INCONCLUSIVE: the test is blind")
	flags.BoolVar(&f.noSelfTest, "no-self-test", false, "do not show first that the prober sees resets, cuts, stalls and closed connections")
	flags.Uint64Var(&f.seed, "seed", 0, "draw the moments at which requests are due from this number, as report.json\nhas it; 0 draws a number")
	flags.IntVar(&f.tries, "tries", 1, "maximum attempts when the host was too busy; a run that lost requests is\nnever retried")
	jsonFlag(cmd, &f.json)
}

// run rehearses all scenarios, one after the other, with these values set.
func (a *app) run(ctx context.Context, names, set []string, f runFlags) error {
	all, err := a.loadAll(ctx, names)
	if err != nil {
		return err
	}
	if all, err = edited(all, set); err != nil {
		return err
	}
	if err := errors.Join(f.check(all), f.checkTries(), checkOut(f.out)); err != nil {
		return err
	}
	if err := a.checkByHand(all, f.quiet); err != nil {
		return err
	}
	if !f.noSelfTest {
		if err := probe.SelfTest(ctx); err != nil {
			return err
		}
	}
	if f.quiet {
		loud := a.ui
		a.ui = newConsole(io.Discard)
		defer func() { a.ui = loud }()
	}
	if len(all) == 1 {
		return a.rehearse(ctx, f, f.chooser(a), all[0], false)
	}
	return a.runSeveral(ctx, f, all)
}

// rehearse runs one scenario. A run that ended early is judged all the same:
// what was seen until then is in its history.
func (a *app) rehearse(ctx context.Context, f runFlags, c *rehearse.Chooser, s *scenario.Scenario, several bool) error {
	control, err := f.controlled(s)
	if err != nil {
		return err
	}
	options, err := f.options(a, s)
	if err != nil {
		return err
	}
	res, err := makeResults(f.out, s, several, time.Now())
	if err != nil {
		return err
	}
	choice, err := f.choose(ctx, a, c, s)
	if err != nil {
		res.discard()
		return a.unable(f, s, err)
	}
	a.say("%s", describe(choice, s))
	config := rehearse.Config{Scenario: s, Choice: choice, Out: res.dir, Halab: halabVersion(), Lab: options, Controlled: control != nil, Seed: f.seed}
	v, runErr, err := f.judged(a, config, func(config rehearse.Config) error {
		live := newLive(a.ui)
		a.attach(&config, live)
		err := rehearse.Run(ctx, config)
		live.close()
		if err == nil && control != nil {
			err = a.control(ctx, f, c, control, config)
		}
		return err
	})
	if err != nil {
		res.discard()
		if runErr != nil {
			err = runErr // it ended before the history began
		}
		return a.unable(f, s, err)
	}
	err = a.conclude(v, s, f, res)
	if runErr == nil {
		return err
	}
	var told *toldError
	if errors.As(err, &told) {
		return runErr // the verdict of a run that ended early is no result
	}
	return errors.Join(runErr, err)
}

// unable tells a machine that there is no verdict.
func (a *app) unable(f runFlags, s *scenario.Scenario, err error) error {
	if !f.json {
		return err
	}
	return errors.Join(err, a.json(map[string]any{"scenario": s.Name, "file": s.File, "verdict": nil, "error": err.Error()}))
}

// conclude writes the reports and shows the verdict.
func (a *app) conclude(v *verify.Verdict, s *scenario.Scenario, f runFlags, res *results) error {
	if f.noExpectVerdict {
		v.Unexpect()
	}
	written := report.Write(res.dir, v, filepath.Join(res.dir, rehearse.HistoryFile))
	if f.kept != nil {
		f.kept.V, f.kept.Dir = v, filepath.Base(res.dir)
	}
	if f.quiet {
		err := report.Quiet(a.stdout, &report.Run{Scenario: v.Scenario, V: v})
		return a.outcome(verdictCode(v), errors.Join(err, written, a.github(v, s)))
	}
	if err := a.show(v, f.json); err != nil {
		return a.outcome(verdictCode(v), errors.Join(written, err))
	}
	if !f.json {
		a.print("\nresults: %s\n", res.dir)
	}
	if !f.json && written == nil {
		a.print("report:  %s\n", filepath.Join(res.dir, report.HTMLFile))
	}
	return a.outcome(verdictCode(v), errors.Join(written, a.github(v, s)))
}
