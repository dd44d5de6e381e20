package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"sync"
	"time"

	"halab/internal/history"
	"halab/internal/lab"
	"halab/internal/matrix"
	"halab/internal/rehearse"
	"halab/internal/report"
	"halab/internal/scenario"
)

// cellsDir is the directory, in that of a matrix, with one for each cell.
const cellsDir = "cells"

// matrixRun is a matrix while it runs.
type matrixRun struct {
	*app
	flags   matrixFlags
	chooser *rehearse.Chooser
	lab     lab.Options
	cells   []*cellRun
	turns   chan struct{} // one place for each cell that has its traffic
	dir     string
	began   time.Time
	board   *board

	mu    sync.Mutex // over m and the files that are made of it
	m     *matrix.Matrix
	wrote time.Time     // when the reports were last written
	cost  time.Duration // of writing them
}

// cellRun is one cell that is to be run.
type cellRun struct {
	id                    string
	scenario              *scenario.Scenario
	control               *control
	choice, controlChoice rehearse.Choice
}

// run carries the cells out and tells what came of them.
func (r *matrixRun) run(ctx context.Context) error {
	res, err := r.results()
	if err != nil {
		return err
	}
	r.dir = res.dir
	r.began = time.Now()
	r.m.Started, r.m.Halab, r.m.Parallel = r.began.UTC().Format(time.RFC3339), halabVersion(), r.flags.parallel
	able := r.available(ctx)
	if err := r.write(true); err != nil {
		return err
	}
	r.describe(able)
	r.began = time.Now() // without what had to be fetched
	r.board = newBoard(r.ui, able, len(r.m.Cells))
	r.work(ctx, able)
	r.board.close()
	if err := r.write(true); err != nil {
		return err
	}
	return r.conclude(ctx)
}

// results makes the directory of the matrix.
func (r *matrixRun) results() (*results, error) {
	if r.flags.out == "" {
		return makeNew(filepath.Join(defaultResults, r.m.Scenario+"-matrix-"+time.Now().Format("20060102-150405")))
	}
	res := &results{dir: r.flags.out}
	if err := res.make(res.dir); err != nil && !errors.Is(err, os.ErrExist) {
		return nil, outError(res.dir, err)
	}
	return res, nil
}

// available are the cells whose programs can be had. The others are marked.
func (r *matrixRun) available(ctx context.Context) []*cellRun {
	defer r.ui.wait("looking for HAProxy and nginx")()
	var able []*cellRun
	for _, c := range r.cells {
		err := r.choose(ctx, c)
		if ctx.Err() != nil {
			return nil
		}
		if err == nil {
			able = append(able, c)
			continue
		}
		cell := r.m.Cell(c.id)
		cell.Outcome, cell.Problem = matrix.Unavailable, err.Error()
		r.say("%s", printable(c.id+": "+err.Error()))
	}
	return able
}

// describe says what the cells run on: the runtimes, and every program once.
func (r *matrixRun) describe(cells []*cellRun) {
	labs, programs := map[string]int{}, map[string]bool{}
	for _, c := range cells {
		labs[fmt.Sprintf("%s labs (%s)", c.choice.Runtime, c.choice.Why)]++
		for _, p := range c.choice.Software(c.scenario) {
			text := fmt.Sprintf("  %s %s, %s", p.Name, p.Got, p.Source)
			if p.Substitute {
				text += fmt.Sprintf(" (SUBSTITUTE for %s)", p.Asked)
			}
			programs[text] = true
		}
	}
	for lab, n := range sorted(labs) {
		r.say("%s: %s, at most %d with traffic at once", lab, counted(n, "cell"), r.flags.parallel)
	}
	for text := range sorted(programs) {
		r.say("%s", text)
	}
}

// labsAhead is how many labs come up or go down for each that has traffic.
const labsAhead = 2

// work runs the cells, in their order. More labs exist at once than have
// traffic, so that a turn that comes free is taken at once.
func (r *matrixRun) work(ctx context.Context, cells []*cellRun) {
	queue := make(chan *cellRun)
	var workers sync.WaitGroup
	for range min(len(cells), labsAhead*r.flags.parallel) {
		workers.Go(func() {
			for c := range queue {
				r.cell(ctx, c)
			}
		})
	}
	for _, c := range cells {
		select {
		case queue <- c:
		case <-ctx.Done():
		}
	}
	close(queue)
	workers.Wait()
}

// turn waits until the cell may have its traffic.
func (r *matrixRun) turn(ctx context.Context, c *cellRun) (over func(), err error) {
	r.board.state(c.id, "waits for its turn")
	select {
	case r.turns <- struct{}{}:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	r.board.state(c.id, "traffic")
	return func() {
		<-r.turns
		r.board.state(c.id, "lab goes down")
	}, nil
}

// cell runs one cell and keeps what came of it.
func (r *matrixRun) cell(ctx context.Context, c *cellRun) {
	if ctx.Err() != nil {
		return
	}
	r.board.state(c.id, "lab comes up")
	out := r.rehearse(ctx, c)
	r.mu.Lock()
	*r.m.Cell(c.id) = out
	r.mu.Unlock()
	if err := r.write(false); err != nil {
		r.say("%s", printable("halab: "+err.Error()))
	}
	r.board.end(&out) // what is told to have ended is in the reports
}

// rehearse carries a cell out and judges it. A run that ended early has its
// report all the same, but no verdict that counts.
func (r *matrixRun) rehearse(ctx context.Context, c *cellRun) matrix.Cell {
	r.mu.Lock()
	out := *r.m.Cell(c.id)
	r.mu.Unlock()
	dir := filepath.Join(r.dir, cellsDir, c.id)
	failed := func(err error) matrix.Cell {
		out.Outcome, out.Problem = matrix.Error, err.Error()
		if ctx.Err() != nil {
			out.Outcome, out.Problem = matrix.NotRun, "the matrix was interrupted"
		}
		return out
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return failed(err)
	}
	config := rehearse.Config{Scenario: c.scenario, Controlled: c.control != nil, Choice: c.choice, Out: dir, Halab: halabVersion(), Lab: r.lab, Seed: r.flags.seed,
		Turn:  func(ctx context.Context) (func(), error) { return r.turn(ctx, c) },
		Watch: func(e history.Event) { r.board.watch(c.id, e) }}
	v, runErr, err := r.flags.judged(r.app, config, func(config rehearse.Config) error {
		err := rehearse.Run(ctx, config)
		if err == nil && c.control != nil {
			err = c.control.run(ctx, config, c.controlChoice)
		}
		return err
	})
	if err != nil {
		return failed(errors.Join(runErr, err))
	}
	if r.flags.noExpectVerdict {
		v.Unexpect()
	}
	if err := report.Write(dir, v, filepath.Join(dir, rehearse.HistoryFile)); err != nil {
		return failed(errors.Join(runErr, err))
	}
	out.Dir = path.Join(cellsDir, c.id)
	out.Report = path.Join(out.Dir, report.HTMLFile)
	if runErr != nil {
		return failed(runErr)
	}
	out.Judge(v)
	return out
}

// Reports that take longer than cheap to write, as those of thousands of
// cells do, are left as they are for dear times as long.
const (
	cheap = 100 * time.Millisecond
	dear  = 20
)

// write writes the reports of the matrix as it is now.
func (r *matrixRun) write(always bool) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	begin := time.Now()
	if !always && r.cost > cheap && begin.Sub(r.wrote) < dear*r.cost {
		return nil
	}
	r.m.Length = history.Since(r.began)
	r.m.Conclude()
	err := report.WriteMatrix(r.dir, r.m)
	r.wrote = time.Now()
	r.cost = r.wrote.Sub(begin)
	return err
}

// conclude prints the result; what an interruption left out makes it no
// success.
func (r *matrixRun) conclude(ctx context.Context) error {
	if err := r.showMatrix(r.m, r.flags.json, r.dir); err != nil {
		return err
	}
	if ctx.Err() != nil {
		r.say("halab: interrupted")
		return told(gravest(matrixCode(r.m.Result), codeLab))
	}
	return told(matrixCode(r.m.Result))
}

// showMatrix prints a matrix as the result.
func (a *app) showMatrix(m *matrix.Matrix, json bool, dir string) error {
	if err := githubMatrix(m); err != nil {
		return err
	}
	if json {
		return report.MatrixJSON(a.stdout, m)
	}
	if err := report.MatrixText(a.stdout, m, a.textOptions()); err != nil {
		return err
	}
	a.print("\nresults: %s\nreport:  %s\n", dir, filepath.Join(dir, report.MatrixHTMLFile))
	return nil
}
