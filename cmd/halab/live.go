package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"halab/internal/haproxy"
	"halab/internal/history"
	"halab/internal/rehearse"
	"halab/internal/report"
	"halab/internal/scenario"
)

// live shows a run as it happens: the polls as the article's table, the steps
// where they happen, servers that change, the first losses. What it is given
// it only notes down; a goroutine of its own writes it, so that a terminal
// that is stopped does not stop the traffic.
type live struct {
	ui    *console
	steps int    // of the procedure
	polls string // the lane whose every request is a line

	mu     sync.Mutex
	lines  []liveLine
	newest history.Micros // of all lines
	output int            // lines that commands wrote since the last flush
	closed bool           // nothing is noted any more
	began  time.Time      // zero until the traffic has begun
	sent   int64
	lost   int64
	step   string
	states map[haproxy.ServerRef]string

	quit chan struct{}
	done sync.WaitGroup
}

// liveLine is a line and the moment that it tells of.
type liveLine struct {
	at   history.Micros
	text string
}

func newLive(ui *console) *live {
	l := &live{ui: ui, states: map[haproxy.ServerRef]string{}, quit: make(chan struct{})}
	l.done.Go(l.draw)
	return l
}

// redraw is the time between two looks at what there is to write.
const redraw = 100 * time.Millisecond

func (l *live) draw() {
	tick := time.NewTicker(redraw)
	defer tick.Stop()
	for {
		select {
		case <-l.quit:
			l.flush()
			l.ui.show("")
			return
		case <-tick.C:
			l.flush()
		}
	}
}

// flush writes the lines that came and the status.
func (l *live) flush() {
	l.mu.Lock()
	l.skipped()
	lines, began := l.lines, !l.began.IsZero()
	l.lines, l.output = nil, 0
	slices.SortStableFunc(lines, func(a, b liveLine) int { return cmp.Compare(a.at, b.at) })
	status := fmt.Sprintf("%5.1fs  %d requests, %d lost%s", time.Since(l.began).Seconds(), l.sent, l.lost, l.step)
	l.mu.Unlock()
	if !began {
		return
	}
	l.ui.endWait()
	for _, line := range lines {
		l.ui.line(line.text)
	}
	l.ui.show(status)
}

// close writes what is left. What comes later is dropped: a command can leave
// a job behind that goes on writing.
func (l *live) close() {
	l.mu.Lock()
	l.closed = true
	l.mu.Unlock()
	close(l.quit)
	l.done.Wait()
	l.ui.endWait() // where the traffic never began
}

// maxLosses bounds the losses that are told one by one; the report counts all.
const maxLosses = 5

// watch notes one event down.
func (l *live) watch(e history.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch e := e.(type) {
	case *history.Header:
		l.steps = e.Steps
		if i := slices.IndexFunc(e.Lanes, func(lane history.Lane) bool { return history.LaneClass(lane.Name) == history.PollLane }); i >= 0 {
			l.polls = e.Lanes[i].Name
		}
		l.began = time.Now()
		l.note(0, l.ui.paint(report.Bold, fmt.Sprintf("%8s  %-6s  %s", "TIME", "STATUS", "SERVER")))
	case *history.Request:
		l.request(e)
	case *history.Step:
		l.stepped(e)
	case *history.ServerState:
		if was, ok := l.states[e.Server]; ok && was != e.Status {
			l.add(e.At, report.Faint, fmt.Sprintf("%s %s → %s", e.Server, was, e.Status))
		}
		l.states[e.Server] = e.Status
	case *history.Note:
		if e.At > 0 { // those of the lab were told as it came up
			l.add(e.At, report.Normal, e.Text)
		}
	case *history.End:
		if e.Error != "" {
			l.add(e.At, report.Bad, "ended early: "+e.Error)
		}
	}
}

// add notes a line that is none of the table.
func (l *live) add(at history.Micros, style report.Style, text string) {
	l.note(at, l.ui.paint(style, fmt.Sprintf("%7.1fs  %s", at.D().Seconds(), printable(text))))
}

func (l *live) note(at history.Micros, text string) {
	if l.closed {
		return
	}
	l.newest = max(l.newest, at)
	l.lines = append(l.lines, liveLine{at, text})
}

func (l *live) request(r *history.Request) {
	if r.Outcome != history.Unsent {
		l.sent++
	}
	lost := r.Outcome != history.OK && r.Outcome != history.Stale && r.Outcome != history.Unsent
	if lost {
		l.lost++
	}
	switch {
	case r.Lane == l.polls:
		l.poll(r)
	case lost && l.lost <= maxLosses:
		l.add(r.Done, report.Bad, "lost: "+lossOf(r))
		if l.lost == maxLosses {
			l.add(r.Done, report.Bad, "further losses are counted, and listed in the report")
		}
	}
}

// lossOf says in short what became of a lost request.
func lossOf(r *history.Request) string {
	text := fmt.Sprintf("%s: %s", r.ID, r.Outcome)
	if sent := r.Began(); r.Done-sent >= history.M(250*time.Millisecond) {
		text = fmt.Sprintf("%s, sent %.1fs: %s", r.ID, sent.D().Seconds(), r.Outcome)
	}
	if r.Status != 0 {
		return text + fmt.Sprintf(" %d", r.Status)
	}
	return text + ", " + r.Error
}

// poll is a row of the article's table.
func (l *live) poll(r *history.Request) {
	status, style, text := fmt.Sprint(r.Status), report.Normal, r.Header
	if r.Status == 0 {
		status = "-"
	}
	if r.Outcome != history.OK {
		style = report.Bad
		text = strings.TrimSpace(text + " " + string(r.Outcome))
	}
	at := r.Intended
	if took := r.Done - r.Intended; took > history.M(time.Second) {
		at = r.Done // the lines stand in the order of what happened
		text += fmt.Sprintf("  (sent %.1fs)", r.Intended.D().Seconds())
	}
	l.note(at, l.ui.paint(style, fmt.Sprintf("%7.1fs  %-6s  %s", at.D().Seconds(), status, printable(text))))
}

func (l *live) stepped(e *history.Step) {
	switch {
	case e.Phase == history.Begin:
		l.step = fmt.Sprintf(", step %d of %d", e.Index, l.steps)
		l.add(e.At, report.Marked, fmt.Sprintf("step %d of %d  %s", e.Index, l.steps, e.Text))
	case e.Error != "":
		l.add(e.At, report.Bad, fmt.Sprintf("step %d failed: %s", e.Index, e.Error))
	}
}

// describe says in a line what a run runs on.
func describe(c rehearse.Choice, s *scenario.Scenario) string {
	text := c.Runtime + " lab (" + c.Why + "):"
	for _, p := range c.Software(s) {
		text += fmt.Sprintf("\n  %-16s %s %s, %s", p.Role, p.Name, p.Got, p.Source)
		if p.Substitute {
			text += fmt.Sprintf(" (SUBSTITUTE for %s)", p.Asked)
		}
	}
	return text
}
