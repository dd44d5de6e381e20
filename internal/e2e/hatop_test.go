package e2e

import (
	"bufio"
	"encoding/json"
	"os/exec"
	"syscall"
	"testing"
	"time"
)

// watching is a halab watch that goes on, and what it sees.
type watching struct {
	cmd  *exec.Cmd
	gets chan get
}

type get struct {
	Status int
	Header string
	OK     bool
	Error  string
}

func (m *machine) watch(t *testing.T) *watching {
	t.Helper()
	w := &watching{m.command(t, "watch", "--interval", "100ms", "--json"), make(chan get, 1024)}
	out, err := w.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := w.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(w.gets)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			var g get
			if err := json.Unmarshal(lines.Bytes(), &g); err != nil {
				g.Error = err.Error()
			}
			w.gets <- g
		}
	}()
	return w
}

// waitFor reads GETs until one is answered with this Server header. None of
// them may fail.
func (w *watching) waitFor(t *testing.T, header string) {
	t.Helper()
	timeout := time.After(patience)
	for {
		select {
		case g, ok := <-w.gets:
			if !ok {
				t.Fatal("halab watch ended")
			}
			if !g.OK || g.Status != 200 {
				t.Fatalf("a GET failed: %+v", g)
			}
			if g.Header == header {
				return
			}
		case <-timeout:
			t.Fatalf("halab watch never sees %s", header)
		}
	}
}

// stop ends it as Ctrl-C does; its exit code says that no GET failed.
func (w *watching) stop(t *testing.T) {
	t.Helper()
	if err := w.cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	for g := range w.gets {
		if !g.OK {
			t.Errorf("a GET failed: %+v", g)
		}
	}
	if err := w.cmd.Wait(); err != nil {
		t.Errorf("halab watch: %v", err)
	}
}

// The walkthrough by hand: an operator takes nginx2 out of service in HATop
// and puts it back, while one GET after the other is answered.
func TestHATop(t *testing.T) {
	t.Parallel()
	hatop := onPath(t, "hatop")
	onPath(t, "tmux")
	eachRuntime(t, func(t *testing.T, runtime string) {
		m := newMachine(t)
		var lab struct{ Admin string }
		up := m.halab(t, 0, "up", "debian-upgrade", "--runtime", runtime, "--json")
		if err := json.Unmarshal([]byte(up), &lab); err != nil {
			t.Fatalf("%v in %s", err, up)
		}
		w := m.watch(t)
		w.waitFor(t, "nginx/1.18.0")

		x := newTerminal(t, 120, 40, hatop, "-i", "1", "-s", lab.Admin)
		x.selectServer(t, "nginx2")
		x.press(t, "Enter")
		x.waitFor(t, "the hotkeys", shows(`F9=ENABLE .*F10=DISABLE`))
		x.flip(t, w)
		// HATop 0.8.2 ends on Enter where its line of hotkeys does not fit;
		// the keys work without it.
		x = newTerminal(t, 78, 20, hatop, "-i", "1", "-s", lab.Admin)
		x.selectServer(t, "nginx2")
		x.flip(t, w)
		w.stop(t)
		m.halab(t, 0, "down")
	})
}

// selectServer puts HATop's cursor on one of the two servers.
func (x *terminal) selectServer(t *testing.T, name string) {
	t.Helper()
	x.waitFor(t, "both servers up", func(screen string) bool {
		return shows(`^nginx1 .* UP `)(screen) && shows(`^nginx2 .* UP `)(screen)
	})
	for _, server := range []string{"nginx1", "nginx2"} {
		x.press(t, "Down")
		x.waitFor(t, "the cursor on "+server, func(screen string) bool { return cursor(screen) == server })
		if server == name {
			return
		}
	}
}

// flip takes nginx2 out of service and puts it back, and sees both in the
// answers.
func (x *terminal) flip(t *testing.T, w *watching) {
	t.Helper()
	x.press(t, "F10")
	x.waitFor(t, "nginx2 in maintenance", shows(`^nginx2 .* MAINT `))
	w.waitFor(t, "nginx/1.22.1")
	x.press(t, "F9")
	x.waitFor(t, "nginx2 up again", shows(`^nginx2 .* UP `))
	w.waitFor(t, "nginx/1.18.0")
}
