package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"halab/internal/calibrate"
	"halab/internal/lab"
	"halab/internal/probe"
	"halab/internal/rehearse"
	"halab/internal/scenario"
)

const calibrateLong = `Make whole outages of known length in a lab, at several rates of probing, and set
the share of them that was seen beside the share that should be. Each request is
due at a random moment of its interval, which sees an outage of x intervals with
probability x − x³/6 up to 1, 1 − (2 − x)³/6 up to 2, and always from there on.

This measures halab itself on this machine. It changes nothing.

An outage whose start and end are not known to a tenth of the time between two
probes, because the machine was busy, is skipped and counted. The exit code is 4
where a share is more than three standard errors off, at least 5 percentage
points, or where fewer than half of the outages could be used: on this machine,
now, small outages are seen less or more often than a verdict says.`

func (a *app) calibrateCommand() *cobra.Command {
	var f labFlags
	var outages int
	var json bool
	cmd := &cobra.Command{
		Use:   "calibrate",
		Short: "Measure which share of short outages the prober sees",
		Long:  calibrateLong,
		Example: `  halab calibrate
  halab calibrate --outages 400`,
		Args: takes(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if outages < 1 || outages > 100_000 {
				return usagef("--outages %d: want 1 to 100000", outages)
			}
			return a.calibrate(cmd.Context(), f, outages, json)
		},
	}
	f.add(cmd)
	cmd.Flags().Lookup("name").Usage = "name of the lab, which is removed in the end; made up unless given"
	cmd.Flags().IntVar(&outages, "outages", 100, "outages for each rate and length")
	jsonFlag(cmd, &json)
	return cmd
}

func (a *app) calibrate(ctx context.Context, f labFlags, outages int, json bool) (err error) {
	s, err := parse("calibrate.yaml", calibrate.Scenario)
	if err != nil {
		return err
	}
	if err := f.check([]*scenario.Scenario{s}); err != nil {
		return err
	}
	options, err := f.options(a, s)
	if err != nil {
		return err
	}
	choice, err := f.choose(ctx, a, f.chooser(a), s)
	if err != nil {
		return err
	}
	l, err := choice.Start(ctx, s, options)
	if err != nil {
		return err
	}
	defer func() {
		if cerr := l.Close(); err == nil {
			err = cerr
		}
	}()
	a.say("%d outages for each rate and length, on %s", outages, describe(choice, s))
	show := func(calibrate.Cell) {}
	if !json {
		a.print("%8s  %9s  %7s  %7s  %6s  %6s  %s\n", "RATE/S", "LENGTH", "OUTAGES", "SKIPPED", "SEEN", "SHOULD", "")
		show = func(c calibrate.Cell) { a.print("%s\n", cell(c)) }
	}
	cells, err := calibrate.Run(ctx, calibrate.Lab{Admin: l.AdminClient(), Target: calibrationTarget(l, s)}, outages, show)
	if err == nil && json {
		err = a.json(cells)
	}
	if err != nil {
		return err
	}
	doubt := a.doubt(cells, outages)
	if !json {
		a.print("\n%s\n", shown(cells, outages))
	}
	return doubt
}

// shown says in a sentence what a calibration has shown, and what not.
func shown(cells []calibrate.Cell, outages int) string {
	good, used, off := 0, 0, 0.0
	for _, c := range cells {
		if c.Doubt(outages) == "" {
			good, used, off = good+1, used+c.Outages, max(off, c.Off())
		}
	}
	switch good {
	case 0:
		return fmt.Sprintf("Nothing is shown: none of %d measurements fits. On this machine, now, do not rely on how long an outage a verdict says could have gone unseen.", len(cells))
	case len(cells):
		return fmt.Sprintf("Shown: on this machine, now, the prober sees outages as often as it should. In all %d measurements (%d outages) the share is at most %.1f percentage points off.", good, used, off)
	}
	return fmt.Sprintf("Shown in %d of %d measurements (%d outages): the prober sees outages as often as it should, at most %.1f percentage points off. Not shown in %d: see above.", good, len(cells), used, off, len(cells)-good)
}

// doubt tells which cells show nothing.
func (a *app) doubt(cells []calibrate.Cell, outages int) error {
	code := codePass
	for _, c := range cells {
		if why := c.Doubt(outages); why != "" {
			a.say("at %g/s, outages of %s: %s", c.Rate, c.Length.D().Round(10*time.Microsecond), why)
			code = codeInconclusive
		}
	}
	return told(code)
}

func calibrationTarget(l *lab.Lab, s *scenario.Scenario) probe.Target {
	f := s.TrafficFrontend()
	t := rehearse.Target(s, f, l.Frontends[f.Name])
	t.Timeout = 5 * time.Second
	return t
}

// barWidth is that of a share of 1, in columns.
const barWidth = 25

// cell draws one result: the bar is what was seen, the mark what should have
// been.
func cell(c calibrate.Cell) string {
	bar := []rune(strings.Repeat("█", int(c.Share()*barWidth+0.5)) + strings.Repeat(" ", barWidth+1))[:barWidth+1]
	bar[min(barWidth, int(c.Expected*barWidth+0.5))] = '│'
	return fmt.Sprintf("%8g  %9s  %7d  %7d  %5.1f%%  %5.1f%%  %s", c.Rate, c.Length.D().Round(10*time.Microsecond), c.Outages, c.Skipped,
		100*c.Share(), 100*c.Expected, strings.TrimRight(string(bar), " "))
}
