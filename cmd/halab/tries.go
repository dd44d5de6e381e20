package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"halab/internal/rehearse"
	"halab/internal/verify"
)

// maxTries bounds --tries: a machine that is too busy so often is the wrong one.
const maxTries = 10

// checkTries refuses what is no number of runs.
func (f *runFlags) checkTries() error {
	if f.tries < 1 || f.tries > maxTries {
		return usagef("--tries %d: want 1 to %d", f.tries, maxTries)
	}
	return nil
}

// judged carries a run out, and judges it; again where this machine was too
// busy for a verdict, --tries times in all. A run in which something was lost,
// or that has the verdict which the scenario wants, is never done again. What
// the runs before the last one left is set aside. The two errors are that of
// the run and that of judging it.
func (f *runFlags) judged(a *app, c rehearse.Config, run func(rehearse.Config) error) (v *verify.Verdict, runErr, err error) {
	for try := 1; ; try++ {
		if try > 1 {
			c.Try = try
		}
		runErr = run(c)
		v, err = judge(filepath.Join(c.Out, rehearse.HistoryFile))
		if runErr != nil || err != nil || !v.Busy || v.AsWanted || try == f.tries {
			return v, runErr, err
		}
		aside, err := setAside(c.Out, try)
		if err != nil {
			return v, nil, err
		}
		a.say("%s", printable(fmt.Sprintf("this machine was too busy: %s; the run is done again, what it left is in %s", v.Reasons[0], aside)))
	}
}

// setAside moves what a run left into a directory below its own: try-1 for
// the first.
func setAside(dir string, try int) (aside string, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return "", fmt.Errorf("set the results of a run aside: %w", err)
	}
	aside = filepath.Join(dir, tryDir+strconv.Itoa(try))
	errs := []error{os.Mkdir(aside, 0o755)}
	for _, e := range entries {
		if before, _ := filepath.Match(tryDir+"*", e.Name()); !before {
			errs = append(errs, os.Rename(filepath.Join(dir, e.Name()), filepath.Join(aside, e.Name())))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return "", fmt.Errorf("set the results of a run aside: %w", err)
	}
	return aside, nil
}

// tryDir begins the name of a directory with what an earlier try left.
const tryDir = "try-"
