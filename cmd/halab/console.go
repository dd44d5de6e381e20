package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"
)

// console is where halab tells what goes on: lines and, on a terminal, a
// status of one line or more below them that is overwritten. Its methods may
// be called from several goroutines.
type console struct {
	w      io.Writer
	tty    bool
	colour bool

	mu     sync.Mutex
	status string
	stop   func() // ends the progress that is shown
}

func newConsole(w io.Writer) *console {
	tty := isTerminal(w)
	return &console{w: w, tty: tty, colour: tty && wantsColour()}
}

// isTerminal tells whether w is a terminal that takes control sequences.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && os.Getenv("TERM") != "dumb" && term.IsTerminal(int(f.Fd()))
}

// wantsColour honours NO_COLOR (no-color.org): set and not empty, no colour.
func wantsColour() bool { return os.Getenv("NO_COLOR") == "" }

// clearLine goes to the line's start and clears it (ECMA-48, EL).
const clearLine = "\r\x1b[K"

// upLine goes to the line above (ECMA-48, CUU).
const upLine = "\x1b[A"

// line writes a line above the status line.
func (c *console) line(text string) { c.text(text + "\n") }

// text writes whole lines above the status line.
func (c *console) text(text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.status == "" {
		io.WriteString(c.w, text)
		return
	}
	io.WriteString(c.w, c.clear()+text+c.status)
}

// clear removes the status that is shown, of however many lines.
func (c *console) clear() string {
	return clearLine + strings.Repeat(upLine+clearLine, strings.Count(c.status, "\n"))
}

// show replaces the status; "" removes it. Off a terminal there is none.
func (c *console) show(status string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.tty || status == c.status {
		return
	}
	lines := strings.Split(status, "\n")
	for i, line := range lines {
		lines[i] = cut(line, c.width()-1)
	}
	status = strings.Join(lines, "\n")
	io.WriteString(c.w, c.clear()+status)
	c.status = status
}

// width is the terminal's, in columns.
func (c *console) width() int {
	if f, ok := c.w.(*os.File); ok {
		if w, _, err := term.GetSize(int(f.Fd())); err == nil && w > 1 {
			return w
		}
	}
	return 80
}

// cut shortens a text to n characters.
func cut(text string, n int) string {
	if runes := []rune(text); len(runes) > n {
		return string(runes[:max(0, n-1)]) + "…"
	}
	return text
}

// patience is how long a wait may be before progress is shown.
const patience = time.Second

// wait shows, once it has taken a second, that what goes on still does. The
// function that it returns ends that; so does the next wait.
func (c *console) wait(what string) func() {
	c.endWait()
	if !c.tty {
		return func() {}
	}
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		c.count(what, quit)
	}()
	end := sync.OnceFunc(func() {
		close(quit)
		<-done
		c.show("")
	})
	c.mu.Lock()
	c.stop = end
	c.mu.Unlock()
	return end
}

// count shows the seconds until quit is closed.
func (c *console) count(what string, quit <-chan struct{}) {
	begin := time.Now()
	tick := time.NewTicker(patience)
	defer tick.Stop()
	for {
		select {
		case <-quit:
			return
		case <-tick.C:
			c.show(fmt.Sprintf("… %s, %ds", what, int(time.Since(begin).Seconds())))
		}
	}
}

func (c *console) endWait() {
	c.mu.Lock()
	stop := c.stop
	c.stop = nil
	c.mu.Unlock()
	if stop != nil {
		stop()
	}
}

// close removes what is shown.
func (c *console) close() {
	c.endWait()
	c.show("")
}
