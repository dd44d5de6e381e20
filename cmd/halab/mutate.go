package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"halab/internal/mutate"
	"halab/internal/rehearse"
	"halab/internal/report"
	"halab/internal/scenario"
	"halab/internal/verify"
)

type mutateFlags struct {
	labFlags
	parallel int
	list     bool
	json     bool
	out      string
}

const mutateLong = `Break a sound procedure in every way that is known to go wrong (leave a step out,
swap two, cut a wait short, TERM or KILL for QUIT, …), run each of these mutants,
and say which of them the scenario's expectations catch.

A mutant that passes all the same is either equivalent, which is said with the
reason (to leave out a step that only looks changes nothing that clients see), or
a hole in the expectations, which is said with what to add. Exit code 0 means that
each is caught or equivalent, 1 that one is missed, 4 that a machine which was too
busy left one undecided.

A mutant that is caught by the traffic lost or harmed requests. One that is caught
only by its own expect harmed none: without that step expect, or that key of the
scenario's expect, it would have passed. --out keeps the history and the reports
of each mutant, in a directory of its name, and those of the procedure itself in
sound/; mutants.json beside them is what --json prints.

The labs are on processes unless --runtime says otherwise, several side by side.`

func (a *app) mutateCommand() *cobra.Command {
	var f mutateFlags
	cmd := &cobra.Command{
		Use:   "mutate SCENARIO",
		Short: "Break a procedure in known ways, and say which breaks its expectations catch",
		Long:  mutateLong,
		Example: `  halab mutate drain-and-quit
  halab mutate my.yaml --list             the names alone; runs nothing`,
		Args:              takes(cobra.ExactArgs(1)),
		ValidArgsFunction: completeScenario,
		RunE:              func(cmd *cobra.Command, args []string) error { return a.mutate(cmd.Context(), args[0], f) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.runtime, "runtime", "process", "where HAProxy and nginx run: process, container or auto")
	flags.BoolVar(&f.substitute, "substitute", false, "take the nearest newer version where one cannot be had, and say so")
	flags.IntVar(&f.parallel, "parallel", runtime.NumCPU(), "how many labs run side by side")
	flags.StringVar(&f.out, "out", "", "directory for the results of each mutant; made if it is missing, and otherwise empty")
	flags.BoolVar(&f.list, "list", false, "list the mutants and run nothing")
	jsonFlag(cmd, &f.json)
	_ = cmd.RegisterFlagCompletionFunc("runtime", cobra.FixedCompletions(rehearse.Runtimes(), cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func (a *app) mutate(ctx context.Context, name string, f mutateFlags) error {
	s, err := a.load(ctx, name)
	if err != nil {
		return err
	}
	if err := f.check([]*scenario.Scenario{s}); err != nil {
		return err
	}
	if f.parallel < 1 {
		return usagef("--parallel %d: it takes one lab at least", f.parallel)
	}
	if verdict := s.Expect.EffectiveVerdict(); verdict != string(verify.Pass) {
		return usagef("%s must come out %s: only a sound procedure can be broken", s.Name, verdict)
	}
	if err := refuseByHand(s, "halab mutate"); err != nil {
		return err
	}
	if err := checkOut(f.out); err != nil {
		return err
	}
	mutants, err := mutate.Mutants(s)
	if err != nil {
		return err
	}
	if f.list {
		return a.listMutants(mutants, f.json)
	}
	r := &mutation{app: a, flags: f, chooser: f.chooser(a), judged: make([]mutate.Judged, len(mutants))}
	if err := r.run(ctx, s, mutants); err != nil {
		return err
	}
	return r.report(s)
}

func (a *app) listMutants(mutants []mutate.Mutant, json bool) error {
	if json {
		all := []map[string]string{}
		for _, m := range mutants {
			all = append(all, map[string]string{"name": m.Name, "what": m.What})
		}
		return a.json(all)
	}
	var rows [][]string
	for _, m := range mutants {
		rows = append(rows, []string{m.Name, m.What})
	}
	a.print("%s", table(rows))
	return nil
}

// mutation is one run of halab mutate.
type mutation struct {
	app     *app
	flags   mutateFlags
	chooser *rehearse.Chooser
	judged  []mutate.Judged
}

// run rehearses the sound procedure first, alone, and then its mutants.
func (r *mutation) run(ctx context.Context, s *scenario.Scenario, mutants []mutate.Mutant) error {
	r.app.say("%s: the procedure itself, and then %s", s.Name, counted(len(mutants), "mutant"))
	sound, err := r.decided(ctx, s, soundDir, "")
	if err != nil {
		return err
	}
	if sound.Result != verify.Pass {
		r.app.say("%s is %s itself, so nothing can be said of its mutants: %s", s.Name, sound.Result, strings.Join(sound.Reasons, "; "))
		return told(verdictCode(sound))
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(r.flags.parallel)
	for i, m := range mutants {
		if j, done := m.Unrun(); done {
			r.judged[i] = j
			continue
		}
		group.Go(func() error {
			v, err := r.decided(ctx, m.Scenario, m.Name, m.What)
			if err != nil {
				return fmt.Errorf("mutant %s: %w", m.Name, err)
			}
			r.judged[i] = m.Judge(sound, v)
			r.app.say("%-10s  %s", r.judged[i].Outcome, m.Name)
			return nil
		})
	}
	return group.Wait()
}

// tries is how often a procedure is run whose run a busy machine spoiled.
const tries = 3

// decided runs one procedure until its verdict says something of it.
func (r *mutation) decided(ctx context.Context, s *scenario.Scenario, name, what string) (*verify.Verdict, error) {
	for n := 1; ; n++ {
		v, err := r.rehearse(ctx, s, name, what)
		if err != nil || n == tries || !mutate.Spoiled(v) {
			return v, err
		}
		r.app.say("again: %s", strings.Join(v.Reasons, "; "))
	}
}

// rehearse runs one procedure and keeps what --out asks for.
func (r *mutation) rehearse(ctx context.Context, s *scenario.Scenario, name, what string) (v *verify.Verdict, err error) {
	choice, err := r.chooser.Choose(ctx, s, r.flags.runtime)
	if err != nil {
		return nil, err
	}
	options, err := r.flags.options(r.app, s)
	if err != nil {
		return nil, err
	}
	options.Tell = nil
	out, done, err := r.flags.directory(name)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, done()) }()
	if err := rehearse.Run(ctx, rehearse.Config{Scenario: s, Choice: choice, Out: out, Halab: halabVersion(), Lab: options, Control: what}); err != nil {
		return nil, err
	}
	path := filepath.Join(out, rehearse.HistoryFile)
	if v, err = judgeAlone(path); err != nil || r.flags.out == "" {
		return v, err
	}
	return v, report.Write(out, v, path)
}

// report prints what became of the mutants.
func (r *mutation) report(s *scenario.Scenario) error {
	counts := map[mutate.Outcome]int{}
	for _, j := range r.judged {
		counts[j.Outcome]++
	}
	if err := r.keep(s, counts); err != nil {
		return err
	}
	if r.flags.json {
		return errors.Join(r.app.json(r.result(s, counts)), told(mutationCode(counts)))
	}
	for _, outcome := range []mutate.Outcome{mutate.Caught, mutate.Equivalent, mutate.Undecided, mutate.Missed} {
		for _, j := range r.judged {
			if j.Outcome == outcome {
				r.mutant(j)
			}
		}
	}
	r.app.print("\n%s: %s\n", s.Name, mutate.Summary(r.judged))
	if r.flags.out != "" {
		r.app.print("results: %s\n", r.flags.out)
	}
	return told(mutationCode(counts))
}

// mutant prints what became of one.
func (r *mutation) mutant(j mutate.Judged) {
	r.app.print("%-10s  %s: %s\n            %s%s\n", j.Outcome, j.Name, printable(j.What), caughtBy[j.By], printable(j.Why))
	if j.Add != "" {
		r.app.print("            add: %s\n", j.Add)
	}
}

// caughtBy leads to why a mutant is caught.
var caughtBy = map[mutate.By]string{
	mutate.ByTraffic: "by the traffic: ",
	mutate.ByExpect:  "only by its own expect: ",
	mutate.ByRule:    "by a rule of every run: ",
}

// mutationCode is the exit code of what became of mutants.
func mutationCode(counts map[mutate.Outcome]int) int {
	switch {
	case counts[mutate.Missed] > 0:
		return codeFail
	case counts[mutate.Undecided] > 0:
		return codeInconclusive
	}
	return codePass
}
