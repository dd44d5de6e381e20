package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"halab/internal/rehearse"
	"halab/internal/scenario"
	"halab/internal/upgrade"
	"halab/internal/verify"
)

// controlDir is the directory, in that of a run, with the results of its
// control.
const controlDir = "control"

// controlled is what the control will be: nil where none is wanted. It is
// made before anything is started, since a procedure may have nothing to
// leave out.
func (f runFlags) controlled(s *scenario.Scenario) (*control, error) {
	if !f.control && !s.Control {
		return nil, nil
	}
	c, what, err := upgrade.Control(s)
	if errors.Is(err, upgrade.ErrNothingProtects) {
		return nil, usagef("the control of %s: %w", s.Name, err)
	}
	return &control{c, what}, err
}

type control struct {
	scenario *scenario.Scenario
	what     string
}

// run rehearses the control beside the results of the run itself, whose
// configuration it shares but for what it is.
func (c *control) run(ctx context.Context, of rehearse.Config, choice rehearse.Choice) error {
	of.Scenario, of.Choice, of.Control, of.Controlled = c.scenario, choice, c.what, false
	of.Out = filepath.Join(of.Out, controlDir)
	if err := os.Mkdir(of.Out, 0o755); err != nil {
		return fmt.Errorf("make the directory for the control: %w", err)
	}
	return rehearse.Run(ctx, of)
}

// control chooses for the control of a run, and shows it as it happens.
func (a *app) control(ctx context.Context, f runFlags, chooser *rehearse.Chooser, c *control, of rehearse.Config) error {
	choice, err := f.choose(ctx, a, chooser, c.scenario)
	if err != nil {
		return err
	}
	a.say("the control: the same %s", c.what)
	live := newLive(a.ui)
	defer live.close()
	a.attach(&of, live)
	return c.run(ctx, of, choice)
}

// withControl takes the control's verdict into v, where the run had one. One
// that is wanted and cannot be judged is a doubt, and no error: the run itself
// can be.
func withControl(v *verify.Verdict, history string) {
	c, err := judgeAlone(filepath.Join(filepath.Dir(history), controlDir, rehearse.HistoryFile))
	switch {
	case err == nil:
		v.WithControl(c)
	case !errors.Is(err, fs.ErrNotExist):
		v.WithoutControl(err.Error())
	}
}
