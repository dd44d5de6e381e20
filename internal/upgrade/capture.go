package upgrade

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

// maxOutput bounds what is kept of a command's output, in bytes: its end.
const maxOutput = 64 << 10

// capture keeps the end of what a command writes, and reads on for as long as
// anybody may write: what the command has started would otherwise die of a pipe
// that nobody reads.
type capture struct {
	ended chan struct{} // closed when nobody can write any more
	lines lineWriter    // shows each line as it comes

	mu      sync.Mutex
	data    []byte
	dropped int64
}

// startCapture starts cmd with both of its outputs captured, and each line shown
// as it comes where show is not nil.
func startCapture(cmd *exec.Cmd, show func(line string)) (*capture, error) {
	from, to, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("read its output: %w", err)
	}
	cmd.Stdout, cmd.Stderr = to, to
	if err := cmd.Start(); err != nil {
		return nil, errors.Join(err, from.Close(), to.Close())
	}
	c := &capture{ended: make(chan struct{}), lines: lineWriter{show: show}}
	go func() {
		defer close(c.ended)
		_, _ = io.Copy(c, from)
		c.lines.end()
		_ = from.Close()
	}()
	return c, to.Close()
}

// Write keeps the end.
func (c *capture) Write(p []byte) (int, error) {
	c.lines.write(p)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.data = append(c.data, p...)
	if over := len(c.data) - maxOutput; over > 0 {
		c.dropped += int64(over)
		c.data = append(c.data[:0], c.data[over:]...)
	}
	return len(p), nil
}

// text is what was written by the end of the output, which is waited for no
// longer than patience. It is valid UTF-8, and says what is not in it.
func (c *capture) text(patience time.Duration) string {
	open := false
	select {
	case <-c.ended:
	case <-time.After(patience):
		open = true
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	text := string(c.data)
	if c.dropped > 0 {
		_, whole, _ := strings.Cut(text, "\n") // the first line is cut
		if whole == "" {
			whole = text
		}
		text = fmt.Sprintf("(%d bytes before this)\n%s", c.dropped+int64(len(text)-len(whole)), whole)
	}
	text = legible(text)
	if open && text != "" && !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	if open {
		text += "(what it started goes on, and may write more)\n"
	}
	return text
}

// legible writes what is not UTF-8 as \xNN.
func legible(text string) string {
	if utf8.ValidString(text) {
		return text
	}
	var out strings.Builder
	for text != "" {
		r, size := utf8.DecodeRuneInString(text)
		if r == utf8.RuneError && size == 1 {
			fmt.Fprintf(&out, `\x%02x`, text[0])
		} else {
			out.WriteString(text[:size])
		}
		text = text[size:]
	}
	return out.String()
}
