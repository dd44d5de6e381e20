package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/term"

	"halab/internal/history"
	"halab/internal/rehearse"
	"halab/internal/report"
	"halab/internal/scenario"
	"halab/internal/upgrade"
)

// checkByHand refuses steps that somebody does by hand where nobody is shown
// what to do, or has no terminal to end one at, before anything is started.
func (a *app) checkByHand(all []*scenario.Scenario, quiet bool) error {
	var mistakes scenario.Errors
	for _, s := range all {
		steps, ends := upgrade.ByHand(s)
		for i, step := range steps {
			switch {
			case quiet:
				mistakes = append(mistakes, s.Mistake(step.Pos, "this step is done by hand, and --quiet does not show what to do", "a run without --quiet"))
			case !ends[i] && !a.atTerminal():
				mistakes = append(mistakes, s.Mistake(step.Pos, "this step is done by hand, and standard input is no terminal to press Enter on",
					"until: beside text:, as in: manual: {text: press F10 on nginx2, until: {server: bk_app/nginx2, state: MAINT}}"))
			}
		}
	}
	if mistakes != nil {
		return mistakes
	}
	return nil
}

// refuseByHand refuses a scenario with such a step for a command that runs many
// labs.
func refuseByHand(s *scenario.Scenario, command string) error {
	steps, _ := upgrade.ByHand(s)
	if len(steps) == 0 {
		return nil
	}
	return scenario.Errors{s.Mistake(steps[0].Pos, "this step is done by hand, and "+command+" runs many labs", "a step that halab can carry out, such as maint, or run with a script")}
}

// atTerminal reports whether somebody can press Enter.
func (a *app) atTerminal() bool {
	f, ok := a.stdin.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// enterKey tells of Enter on a terminal those that wait for it, and nobody else:
// what is typed while nobody waits is dropped.
type enterKey struct {
	mu      sync.Mutex
	waiting []chan struct{} // each is closed by the next Enter
}

func (k *enterKey) read(terminal io.Reader) {
	for in := bufio.NewReader(terminal); ; {
		if _, err := in.ReadString('\n'); err != nil {
			return // standard input has ended: a change has to do
		}
		k.mu.Lock()
		for _, pressed := range k.waiting {
			close(pressed)
		}
		k.waiting = nil
		k.mu.Unlock()
	}
}

// enter is closed by the next Enter that is pressed from now on; nil where there
// is no terminal.
func (a *app) enter() <-chan struct{} {
	if !a.atTerminal() {
		return nil
	}
	dropTyped(a.stdin.(*os.File))
	if a.entered == nil {
		a.entered = &enterKey{}
		go a.entered.read(a.stdin)
	}
	pressed := make(chan struct{})
	a.entered.mu.Lock()
	defer a.entered.mu.Unlock()
	a.entered.waiting = append(a.entered.waiting, pressed)
	return pressed
}

// attach has a run told of what is to be done by hand, and of what its commands
// write, among the lines of l.
func (a *app) attach(c *rehearse.Config, l *live) {
	c.Watch = l.watch
	c.Wrote = l.wrote
	c.ByHand = func(i upgrade.Instruction, socket string) <-chan struct{} {
		l.mu.Lock()
		defer l.mu.Unlock()
		var done <-chan struct{}
		if i.Enter {
			done = a.enter()
		}
		l.instruct(i, socket, done != nil)
		return done
	}
}

// instruct shows what somebody is to do by hand.
func (l *live) instruct(i upgrade.Instruction, socket string, terminal bool) {
	now := l.now()
	add := func(style report.Style, text string) {
		l.note(now, l.ui.paint(style, "          "+printable(text)))
	}
	add(report.Bold, "BY HAND: "+i.Text)
	add(report.Normal, "stats socket  "+socket)
	add(report.Normal, "with HATop    hatop -s "+quote(socket))
	wait := "goes on when " + i.Until
	if terminal {
		wait += ", or at Enter"
	}
	add(report.Normal, wait+"; within "+scenario.Duration(i.Limit.Round(time.Second)).String())
}

// maxOutput bounds the lines of commands that are kept from one flush to the
// next; the results have what a command wrote.
const maxOutput = 200

// wrote notes a line that a command of the user's wrote.
func (l *live) wrote(step int, line string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.output++; l.output <= maxOutput {
		l.note(l.now(), fmt.Sprintf("          step %d | %s", step, printable(line)))
	}
}

// skipped notes how many lines of commands were not kept.
func (l *live) skipped() {
	if more := l.output - maxOutput; more > 0 {
		l.lines = append(l.lines, liveLine{l.newest, fmt.Sprintf("          … %d more lines of output", more)})
	}
}

// now is the moment of a line that belongs to no event: after those that wait
// to be written.
func (l *live) now() history.Micros { return max(history.Since(l.began), l.newest) }
