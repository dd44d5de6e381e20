package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"halab/internal/mutate"
	"halab/internal/rehearse"
	"halab/internal/scenario"
	"halab/internal/verify"
)

type mutateFlags struct {
	labFlags
	parallel int
	list     bool
	json     bool
}

const mutateLong = `Break a sound procedure in every way that is known to go wrong (leave a step out,
swap two, cut a wait short, TERM or KILL for QUIT, …), run each of these mutants,
and say which of them the scenario's expectations catch.

A mutant that passes all the same is either equivalent, which is said with the
reason (to leave out a step that only looks changes nothing that clients see), or
a hole in the expectations, which is said with what to add. Exit code 0 means that
each is caught or equivalent, 1 that one is missed, 4 that a machine which was too
busy left one undecided.

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
	sound, err := r.decided(ctx, s, "")
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
			v, err := r.decided(ctx, m.Scenario, m.What)
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
func (r *mutation) decided(ctx context.Context, s *scenario.Scenario, what string) (*verify.Verdict, error) {
	for n := 1; ; n++ {
		v, err := r.rehearse(ctx, s, what)
		if err != nil || n == tries || !mutate.Spoiled(v) {
			return v, err
		}
		r.app.say("again: %s", strings.Join(v.Reasons, "; "))
	}
}

// rehearse runs one procedure and keeps nothing of it but its verdict.
func (r *mutation) rehearse(ctx context.Context, s *scenario.Scenario, what string) (v *verify.Verdict, err error) {
	choice, err := r.chooser.Choose(ctx, s, r.flags.runtime)
	if err != nil {
		return nil, err
	}
	options, err := r.flags.options(r.app, s)
	if err != nil {
		return nil, err
	}
	options.Tell = nil
	out, err := os.MkdirTemp("", "halab-mutant-")
	if err != nil {
		return nil, fmt.Errorf("make a directory for the results: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(out)) }()
	if err := rehearse.Run(ctx, rehearse.Config{Scenario: s, Choice: choice, Out: out, Halab: halabVersion(), Lab: options, Control: what}); err != nil {
		return nil, err
	}
	return judgeAlone(filepath.Join(out, rehearse.HistoryFile))
}

// report prints what became of the mutants.
func (r *mutation) report(s *scenario.Scenario) error {
	counts := map[mutate.Outcome]int{}
	for _, j := range r.judged {
		counts[j.Outcome]++
	}
	if r.flags.json {
		err := r.app.json(map[string]any{"scenario": s.Name, "mutants": r.judged, "caught": counts[mutate.Caught],
			"equivalent": counts[mutate.Equivalent], "missed": counts[mutate.Missed], "undecided": counts[mutate.Undecided]})
		return errors.Join(err, told(mutationCode(counts)))
	}
	for _, outcome := range []mutate.Outcome{mutate.Caught, mutate.Equivalent, mutate.Undecided, mutate.Missed} {
		for _, j := range r.judged {
			if j.Outcome != outcome {
				continue
			}
			r.app.print("%-10s  %s: %s\n            %s\n", j.Outcome, j.Name, printable(j.What), printable(j.Why))
			if j.Add != "" {
				r.app.print("            add: %s\n", j.Add)
			}
		}
	}
	r.app.print("\n%s: %s, %d caught, %d equivalent, %d missed", s.Name, counted(len(r.judged), "mutant"),
		counts[mutate.Caught], counts[mutate.Equivalent], counts[mutate.Missed])
	if n := counts[mutate.Undecided]; n > 0 {
		r.app.print(", %d undecided: this machine was too busy, or the run broke off", n)
	}
	r.app.print("\n")
	return told(mutationCode(counts))
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
