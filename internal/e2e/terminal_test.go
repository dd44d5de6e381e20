package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// terminal is a terminal in a tmux server of its own.
type terminal struct {
	tmux, socket string
}

// newTerminal runs a command in a terminal of this size: columns and rows.
func newTerminal(t *testing.T, columns, rows int, argv ...string) *terminal {
	t.Helper()
	dir, err := os.MkdirTemp("", "e2e-tmux")
	if err != nil {
		t.Fatal(err)
	}
	term := &terminal{onPath(t, "tmux"), filepath.Join(dir, "socket")}
	term.run(t, append([]string{"new-session", "-d", "-x", strconv.Itoa(columns), "-y", strconv.Itoa(rows), "--"}, argv...)...)
	t.Cleanup(func() {
		// The server ends with its last session, so it may be gone.
		_ = term.command(t, "kill-server").Run()
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return term
}

func (x *terminal) command(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(x.tmux, append([]string{"-S", x.socket, "-f", "/dev/null"}, args...)...)
	cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8", "TMUX=")
	return cmd
}

func (x *terminal) run(t *testing.T, args ...string) string {
	t.Helper()
	out, err := x.command(t, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("tmux %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// press sends a key by tmux's name for it.
func (x *terminal) press(t *testing.T, key string) {
	t.Helper()
	x.run(t, "send-keys", key)
}

// screen is what the terminal shows, with the sequences of its colours.
func (x *terminal) screen(t *testing.T) string {
	t.Helper()
	return x.run(t, "capture-pane", "-p", "-e")
}

// colours are the sequences between the characters (ECMA-48, SGR).
var colours = regexp.MustCompile("\x1b\\[[0-9;]*m")

// patience bounds a wait for something that has to come: far above what it
// takes anywhere, so that it ends a test that would hang and decides nothing
// else.
const patience = 30 * time.Second

// waitFor waits until the screen matches.
func (x *terminal) waitFor(t *testing.T, what string, ok func(screen string) bool) {
	t.Helper()
	for begin := time.Now(); ; time.Sleep(50 * time.Millisecond) {
		screen := x.screen(t)
		if ok(screen) {
			return
		}
		if time.Since(begin) > patience {
			t.Fatalf("the screen never shows %s:\n%s", what, colours.ReplaceAllString(screen, ""))
		}
	}
}

// reversed is the first word of a row in reverse video.
var reversed = regexp.MustCompile("\x1b\\[7m([A-Za-z]\\S*)")

// cursor is the name of the row that HATop's cursor is on, "" before its
// first move.
func cursor(screen string) string {
	if m := reversed.FindStringSubmatch(screen); m != nil {
		return m[1]
	}
	return ""
}

// shows tells whether a line matches the pattern, whatever its colours.
func shows(pattern string) func(screen string) bool {
	line := regexp.MustCompile("(?m)" + pattern)
	return func(screen string) bool { return line.MatchString(colours.ReplaceAllString(screen, "")) }
}
