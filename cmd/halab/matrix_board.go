package main

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"halab/internal/history"
	"halab/internal/matrix"
	"halab/internal/report"
)

// board shows a matrix as it runs: a line for every cell that has ended and,
// on a terminal, below them a table of those under way.
type board struct {
	ui    *console
	wide  int // the longest id
	cells int

	mu     sync.Mutex
	rows   []*boardRow // those under way, in the order in which they began
	ended  int
	tally  map[matrix.Outcome]int
	closed chan struct{}
	done   sync.WaitGroup
}

type boardRow struct {
	id, state  string
	since      time.Time // of the state
	sent, lost int64
}

func newBoard(ui *console, cells []*cellRun, all int) *board {
	b := &board{ui: ui, cells: all, ended: all - len(cells), tally: map[matrix.Outcome]int{}, closed: make(chan struct{})}
	for _, c := range cells {
		b.wide = max(b.wide, len(c.id))
	}
	b.done.Go(b.draw)
	return b
}

func (b *board) draw() {
	tick := time.NewTicker(redraw)
	defer tick.Stop()
	for {
		select {
		case <-b.closed:
			b.ui.show("")
			return
		case <-tick.C:
			b.ui.show(b.table())
		}
	}
}

func (b *board) close() {
	close(b.closed)
	b.done.Wait()
}

// row is the row of a cell, made when it begins. The caller holds the lock.
func (b *board) row(id string) *boardRow {
	for _, r := range b.rows {
		if r.id == id {
			return r
		}
	}
	r := &boardRow{id: id}
	b.rows = append(b.rows, r)
	return r
}

// state says what a cell does now.
func (b *board) state(id, state string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	r := b.row(id)
	r.state, r.since = state, time.Now()
}

// watch counts the requests of a cell.
func (b *board) watch(id string, e history.Event) {
	q, ok := e.(*history.Request)
	if !ok || q.Outcome == history.Unsent {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	r := b.row(id)
	r.sent++
	if q.Outcome != history.OK && q.Outcome != history.Stale {
		r.lost++
	}
}

// end writes the line of a cell that has ended.
func (b *board) end(c *matrix.Cell) {
	b.mu.Lock()
	b.rows = slices.DeleteFunc(b.rows, func(r *boardRow) bool { return r.id == c.ID })
	b.ended++
	b.tally[c.Outcome]++
	digits := len(fmt.Sprint(b.cells))
	line := fmt.Sprintf("%*d of %d  %-*s  ", digits, b.ended, b.cells, b.wide, c.ID)
	b.mu.Unlock()
	text := fmt.Sprintf("%-12s", c.Outcome)
	if c.Outcome.Judged() {
		text += fmt.Sprintf("  %d of %d lost", c.Lost, c.Sent)
	} else {
		text += "  " + printable(c.Problem)
	}
	if c.Outcome == matrix.Inconclusive && len(c.Reasons) > 0 {
		text += "; " + printable(c.Reasons[0])
	}
	style := report.Doubt
	switch {
	case c.AsExpected:
		style = report.Good
	case c.Outcome == matrix.Fail, c.Outcome == matrix.Pass:
		style = report.Bad
	}
	b.ui.line(line + b.ui.paint(style, text))
}

// maxRows is how many cells under way are shown.
const maxRows = 12

// table is what is shown of those under way.
func (b *board) table() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.rows) == 0 {
		return ""
	}
	var lines []string
	for _, r := range b.rows[:min(len(b.rows), maxRows)] {
		text := fmt.Sprintf("  %-*s  %-18s %5.1fs", b.wide, r.id, r.state, time.Since(r.since).Seconds())
		if r.sent > 0 {
			text += fmt.Sprintf("  %d requests, %d lost", r.sent, r.lost)
		}
		lines = append(lines, text)
	}
	if more := len(b.rows) - maxRows; more > 0 {
		lines = append(lines, fmt.Sprintf("  and %d more", more))
	}
	status := fmt.Sprintf("%d of %d ended", b.ended, b.cells)
	for _, o := range []matrix.Outcome{matrix.Pass, matrix.Fail, matrix.Inconclusive, matrix.Error} {
		if n := b.tally[o]; n > 0 {
			status += fmt.Sprintf(", %d %s", n, o)
		}
	}
	return strings.Join(append(lines, status), "\n")
}
