package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"halab/internal/lab"
	"halab/internal/report"
)

type watchFlags struct {
	frontend string
	interval time.Duration
	timeout  time.Duration
	count    int
	json     bool
}

// seen is one GET of watch.
type seen struct {
	At      time.Time `json:"at"`
	Status  int       `json:"status"` // 0: no answer
	Header  string    `json:"header"` // Server header
	Changed bool      `json:"changed"`
	OK      bool      `json:"ok"`
	Error   string    `json:"error,omitempty"`
}

const watchLong = `Send one GET after the other, each on a new connection, and show who answers:
time, status and Server header, with a mark where the header changes. This is
the loop of the walkthrough. It ends with Ctrl-C, or after --count GETs.

A GET fails when it gets no complete answer, or one with a status of 400 or
above. Exit code 1 if any failed.`

func (a *app) watchCommand() *cobra.Command {
	var f watchFlags
	cmd := &cobra.Command{
		Use:   "watch [LAB|URL]",
		Short: "Send a GET every 2 s and show who answers",
		Long:  watchLong,
		Example: `  halab watch
  halab watch blog-walkthrough-1a2b3c --interval 500ms
  halab watch 127.0.0.1:80 --count 10`,
		Args:              takes(cobra.MaximumNArgs(1)),
		ValidArgsFunction: completeLab(0),
		RunE:              func(cmd *cobra.Command, args []string) error { return a.watch(cmd.Context(), args, f) },
	}
	flags := cmd.Flags()
	flags.DurationVar(&f.interval, "interval", 2*time.Second, "time between two GETs")
	flags.DurationVar(&f.timeout, "timeout", 10*time.Second, "time until a GET without an answer has failed")
	flags.IntVar(&f.count, "count", 0, "GETs to send; 0 goes on until Ctrl-C")
	flags.StringVar(&f.frontend, "frontend", "", "frontend of the lab, where it is not the one that gets the traffic")
	jsonFlag(cmd, &f.json)
	return cmd
}

func (a *app) watch(ctx context.Context, args []string, f watchFlags) error {
	switch {
	case f.interval <= 0:
		return usagef("--interval %s: want more than 0s", f.interval)
	case f.timeout <= 0:
		return usagef("--timeout %s: want more than 0s", f.timeout)
	case f.count < 0:
		return usagef("--count %d: want 0, which goes on until Ctrl-C, or more", f.count)
	}
	get, err := watched(args, f.frontend)
	if err != nil {
		return err
	}
	get.timeout = f.timeout
	if !f.json {
		a.say("one GET every %s to %s; Ctrl-C ends it", f.interval, get)
	}
	failed, err := a.watching(ctx, get, f)
	if err != nil {
		return err
	}
	if ctx.Err() != nil && a.ui.tty {
		a.ui.text("\n") // below the terminal's ^C
	}
	if failed > 0 {
		a.say("%s failed", counted(failed, "GET"))
		return told(codeFail)
	}
	return nil
}

// watching sends the GETs on schedule and returns how many failed.
func (a *app) watching(ctx context.Context, get *getter, f watchFlags) (failed int, err error) {
	tick := time.NewTicker(f.interval)
	defer tick.Stop()
	var last seen
	for n := 1; ; n++ {
		s := get.send(ctx)
		if ctx.Err() != nil {
			return failed, nil
		}
		s.Changed = s.OK && last.OK && s.Header != last.Header
		if !s.OK {
			failed++
		}
		if err := a.saw(s, last, f.json); err != nil {
			return failed, err
		}
		if s.OK {
			last = s
		}
		if n == f.count {
			return failed, nil
		}
		select {
		case <-ctx.Done():
			return failed, nil
		case <-tick.C:
		}
	}
}

// saw prints one GET.
func (a *app) saw(s, last seen, json bool) error {
	if json {
		return a.jsonLine(s)
	}
	status, text, style := fmt.Sprint(s.Status), printable(s.Header), report.Normal
	if s.Status == 0 {
		status = "-"
	}
	switch {
	case !s.OK:
		style, text = report.Bad, strings.TrimSpace(text+"  FAILED: "+printable(s.Error))
	case s.Changed:
		style, text = report.Good, text+"  ← was "+printable(last.Header)
	}
	line := fmt.Sprintf("%s  %-3s  %s", s.At.Format("15:04:05.000"), status, text)
	a.print("%s\n", a.paintOut(style, line))
	return nil
}

// watched is what to send GETs to: a URL, an address, or a lab's frontend. No
// lab's name has a colon.
func watched(args []string, frontend string) (*getter, error) {
	if len(args) == 1 && strings.Contains(args[0], ":") {
		if frontend != "" {
			return nil, usagef("watch: --frontend is for a lab, not for a URL")
		}
		if !strings.Contains(args[0], "://") {
			return parseURL("http://" + args[0])
		}
		return parseURL(args[0])
	}
	rec, err := openLab(args)
	if err != nil {
		return nil, err
	}
	return labGetter(rec, frontend)
}

func labGetter(rec *lab.Record, frontend string) (*getter, error) {
	s, err := labScenario(rec)
	if err != nil {
		return nil, err
	}
	if frontend == "" {
		frontend = s.TrafficFrontend().Name
	}
	address, ok := rec.Frontends[frontend]
	if !ok {
		return nil, usagef("lab %s has no frontend %q", rec.Name, frontend)
	}
	return parseURL("http://" + address + s.Traffic.EffectivePath())
}
