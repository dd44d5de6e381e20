package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"halab/internal/lab"
	"halab/internal/lab/container"
)

const logsLong = `Print what a lab's HAProxy and servers wrote: their output, and the access log of
each server, merged by time. A request's line of HAProxy's has the frontend, the
backend and server, the status, the termination state, the timers and the request:

  12:00:01.250  haproxy | app→bk_app/nginx1  200  --  0/0/1/2/3 ms  GET /

The timers are TR/Tw/Tc/Tr/Ta, or Tw/Tc/Tt of a session in mode tcp. A line's time
is when the request ended. A line without a time follows the previous line of the
same program. The logs are read whole before the first line is printed; --json
prints each line at once, as an object, one source after the other. With a SOURCE
(a server, or haproxy) only its lines are printed.`

func (a *app) logsCommand() *cobra.Command {
	var follow, json bool
	cmd := &cobra.Command{
		Use:   "logs [LAB] [SOURCE...]",
		Short: "Print what a lab's programs wrote",
		Long:  logsLong,
		Example: `  halab logs
  halab logs -f blog-walkthrough-1a2b3c
  halab logs bk_app/nginx2`,
		Args:              takes(cobra.ArbitraryArgs),
		ValidArgsFunction: completeLogs,
		RunE: func(cmd *cobra.Command, args []string) error {
			named, words := knownLabs().labAmong(args)
			rec, err := openLab(named)
			if err != nil {
				return err
			}
			sources, err := logSources(rec, words)
			if err != nil {
				return err
			}
			show, flush := a.logLines(json, nginxZone(rec))
			show = onlyOf(sources, show)
			err = whileWritten(cmd.Context(), show, flush, func(ctx context.Context, show func(logLine) error, flush func() error) error {
				return a.logs(ctx, rec, follow, show, flush)
			})
			if follow && cmd.Context().Err() != nil {
				return nil // Ctrl-C is how following ends
			}
			return err
		},
	}
	cmd.Flags().BoolVarP(&follow, "follow", "f", false, "go on printing what is written, until Ctrl-C")
	jsonFlag(cmd, &json)
	return cmd
}

// logLine is a line of what a program wrote.
type logLine struct {
	Source string `json:"source"` // haproxy, bk_app/nginx1, bk_app/nginx1 access
	Text   string `json:"text"`
}

// logLines shows lines to people or to machines; flush shows those that were
// kept back to be put in order.
func (a *app) logLines(json bool, zone *time.Location) (show func(logLine) error, flush func() error) {
	if json {
		return func(l logLine) error { return a.jsonLine(l) }, func() error { return nil }
	}
	m := newMerger(a.stdout, zone)
	return func(l logLine) error { m.add(l); return nil }, m.flush
}

// nginxZone is the zone of the dates in the error logs of a lab's servers: that
// of this machine, and of an image UTC.
func nginxZone(rec *lab.Record) *time.Location {
	if rec.Runtime == container.New().Name() {
		return time.UTC
	}
	return time.Local
}

// whileWritten carries out what shows lines, and ends it with the first that
// cannot be shown: those that follow a source may wait for its next line.
func whileWritten(ctx context.Context, show func(logLine) error, flush func() error, do func(context.Context, func(logLine) error, func() error) error) error {
	within, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	wrote := func(err error) error {
		if err != nil {
			stop(err)
		}
		return err
	}
	err := do(within, func(l logLine) error { return wrote(show(l)) }, func() error { return wrote(flush()) })
	if ctx.Err() == nil && within.Err() != nil {
		return context.Cause(within)
	}
	return err
}

// logs hands on the lines of all sources: one source after the other, or all at
// once when they are followed.
func (a *app) logs(ctx context.Context, rec *lab.Record, follow bool, show func(logLine) error, flush func() error) error {
	p := &splitter{show: show}
	var failed []error
	var sources sync.WaitGroup
	if rec.Runtime == container.New().Name() {
		s, err := labScenario(rec)
		if err != nil {
			return err
		}
		roles := []string{lab.HAProxyRole}
		for _, ref := range s.ServerRefs() {
			roles = append(roles, ref.String())
		}
		failed = make([]error, len(roles))
		for i, role := range roles {
			show := func() { failed[i] = container.New().Logs(ctx, rec, role, follow, p.named(role)) }
			if !follow {
				show()
				continue
			}
			sources.Go(show)
		}
	}
	err := a.files(ctx, rec, follow, p, flush)
	sources.Wait()
	return errors.Join(errors.Join(failed...), err, p.end(), flush())
}

// followPause is the time between two looks at files that grow.
const followPause = 100 * time.Millisecond

// files prints the files of a lab's directory that programs write to.
func (a *app) files(ctx context.Context, rec *lab.Record, follow bool, p *splitter, flush func() error) error {
	dir, called := rec.Dir, sourceNames(rec)
	read := map[string]int64{}
	for {
		names, err := logFiles(dir)
		if err != nil {
			return err
		}
		for _, name := range names {
			if read[name], err = copyFrom(filepath.Join(dir, name), read[name], p.named(called(name))); err != nil {
				return err
			}
		}
		if !follow {
			return nil
		}
		if err := flush(); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(followPause):
		}
	}
}

// logFiles are the outputs and access logs in a lab's directory, HAProxy's
// first.
func logFiles(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, usagef("the lab's directory %s is gone (halab gc removes the rest)", dir)
	}
	var names []string
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ".out") || strings.HasSuffix(e.Name(), ".access.log") {
			names = append(names, e.Name())
		}
	}
	slices.Sort(names)
	return names, err
}

// copyFrom copies a file from an offset on and returns where it ended.
func copyFrom(path string, offset int64, w io.Writer) (int64, error) {
	f, err := os.Open(path)
	if err != nil {
		return offset, err
	}
	defer f.Close()
	if _, err := f.Seek(offset, io.SeekStart); err != nil {
		return offset, err
	}
	n, err := io.Copy(w, f)
	return offset + n, err
}

// splitter shows the lines of several sources, each whole and with the name of
// its source.
type splitter struct {
	mu    sync.Mutex
	show  func(logLine) error
	parts map[string]*source
}

type source struct {
	p    *splitter
	name string
	rest []byte // of a line that has not ended yet
}

func (p *splitter) named(name string) *source {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.parts == nil {
		p.parts = map[string]*source{}
	}
	if p.parts[name] == nil {
		p.parts[name] = &source{p: p, name: name}
	}
	return p.parts[name]
}

func (s *source) Write(data []byte) (int, error) {
	s.p.mu.Lock()
	defer s.p.mu.Unlock()
	s.rest = append(s.rest, data...)
	for {
		end := bytes.IndexByte(s.rest, '\n')
		if end < 0 {
			return len(data), nil
		}
		line := s.rest[:end]
		s.rest = s.rest[end+1:]
		if err := s.print(line); err != nil {
			return len(data), err
		}
	}
}

func (s *source) print(line []byte) error {
	return s.p.show(logLine{s.name, strings.TrimRight(string(line), "\r")})
}

// end writes the last lines that did not end.
func (p *splitter) end() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, name := range slices.Sorted(maps.Keys(p.parts)) {
		if s := p.parts[name]; len(s.rest) > 0 {
			if err := s.print(s.rest); err != nil {
				return err
			}
			s.rest = nil
		}
	}
	return nil
}
