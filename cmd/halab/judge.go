package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"halab/internal/history"
	"halab/internal/rehearse"
	"halab/internal/report"
	"halab/internal/scenario"
	"halab/internal/verify"
)

// judge gives the verdict of the history at path, with that of its control
// where it had one.
func judge(path string) (*verify.Verdict, error) {
	v, err := judgeAlone(path)
	if err != nil {
		return nil, err
	}
	withControl(v, path)
	return v, nil
}

func judgeAlone(path string) (*verify.Verdict, error) {
	f, err := history.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	events := history.NewAhead(f)
	defer events.Close()
	return verify.Check(events, parse)
}

// judgeNamed judges a history named on the command line: a file, or the
// directory of a run. What cannot be judged is a mistake there.
func judgeNamed(ctx context.Context, name string) (path string, v *verify.Verdict, err error) {
	path = name
	if info, err := os.Stat(name); err == nil && info.IsDir() {
		path = filepath.Join(name, rehearse.HistoryFile)
	}
	v, err = await(ctx, func() (*verify.Verdict, error) { return judge(path) })
	if ctx.Err() != nil {
		return path, nil, context.Cause(ctx)
	}
	if errors.Is(err, fs.ErrNotExist) && path != name {
		return path, nil, usagef("%s holds no %s: it is not the directory of a run", name, rehearse.HistoryFile)
	}
	var mistakes scenario.Errors
	if errors.As(err, &mistakes) { // its lines are those of the history's scenario
		return path, nil, usagef("%s: the scenario in it cannot be read: %s", path, mistakes.Error())
	}
	if err != nil {
		return path, nil, usagef("%s: %w", path, err)
	}
	return path, v, nil
}

// show prints a verdict as the result.
func (a *app) show(v *verify.Verdict, json bool) error {
	if json {
		return report.JSON(a.stdout, v)
	}
	return report.Text(a.stdout, v, a.textOptions())
}

// textOptions are what standard output can do.
func (a *app) textOptions() report.TextOptions {
	var o report.TextOptions
	if f, ok := a.stdout.Writer.(*os.File); ok && isTerminal(f) {
		o.Color = wantsColour()
		o.Width = a.width()
	}
	return o
}
