package main

import (
	"context"
	"errors"
	"fmt"

	"halab/internal/report"
	"halab/internal/scenario"
)

// runSeveral rehearses scenarios one after the other, and ends with a table
// and the reports of all.
func (a *app) runSeveral(ctx context.Context, f runFlags, all []*scenario.Scenario) error {
	chooser := f.chooser(a)
	var codes []int
	var runs []report.Run
	for i, s := range all {
		a.say("%s", a.ui.paint(report.Bold, fmt.Sprintf("scenario %d of %d: %s", i+1, len(all), s.Name)))
		run := report.Run{Scenario: s.Name}
		f.kept = &run
		err := a.rehearse(ctx, f, chooser, s, true)
		a.loudly(err)
		codes = append(codes, exitCode(err))
		var told *toldError
		if err != nil && !errors.As(err, &told) {
			run.Problem = err.Error()
		}
		runs = append(runs, run)
		if ctx.Err() != nil {
			codes = append(codes, codeLab)
			for _, s := range all[i+1:] {
				runs = append(runs, report.Run{Scenario: s.Name, Problem: "interrupted before it began"})
			}
			break
		}
	}
	return a.outcome(gravest(codes...), a.concludeSeveral(f, runs))
}

// loudly tells an error on standard error, also of a run that is quiet.
func (a *app) loudly(err error) {
	quiet := a.ui
	a.ui = a.stdout.ui
	a.tell(err)
	a.ui = quiet
}

func (a *app) concludeSeveral(f runFlags, runs []report.Run) error {
	if f.out != "" {
		if err := report.WriteSeveral(f.out, runs); err != nil {
			return err
		}
	}
	if f.json || f.quiet {
		return nil
	}
	return report.SeveralText(a.stdout, runs, a.textOptions())
}
