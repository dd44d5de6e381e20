package labtest

import (
	"bufio"
	"encoding/json"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

var killCases = []testCase{
	{"keeper and halab killed", keeperAndHalabKilled},
	{"keeper killed", keeperKilled},
	{"killed at random", killedAtRandom},
	{"killed while closing", killedWhileClosing},
	{"killed while ready", killedWhileReady},
	{"terminated", terminated},
}

// Halab is a child process that brings a lab up.
type Halab struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
	err strings.Builder
}

// halab starts one with variables added to its environment.
func (b *bench) halab(t *testing.T, env ...string) *Halab {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(orders{State: b.state, Programs: b.Programs})
	if err != nil {
		t.Fatal(err)
	}
	h := &Halab{cmd: exec.Command(exe, childWord, string(text))}
	h.cmd.Env = append(os.Environ(), env...)
	h.cmd.Stderr = &h.err
	// A process group of its own, as a shell makes one, to be killed whole.
	h.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if h.in, err = h.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := h.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	h.out = bufio.NewReader(out)
	if err := h.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return h
}

// says waits for the child's next word.
func (h *Halab) says(t *testing.T, want string) {
	t.Helper()
	if got, err := h.out.ReadString('\n'); strings.TrimSpace(got) != want {
		t.Fatalf("halab says %q (%v), want %q\n%s", got, err, want, h.err.String())
	}
}

// signal sends sig to the whole process group and waits for the child's end.
func (h *Halab) signal(t *testing.T, sig syscall.Signal) error {
	t.Helper()
	if err := syscall.Kill(-h.cmd.Process.Pid, sig); err != nil {
		t.Fatal(err)
	}
	return h.cmd.Wait()
}

// killedAtRandom kills a halab at moments spread over the time it takes to
// come up.
func killedAtRandom(t *testing.T, b *bench) {
	begin := time.Now()
	h := b.halab(t)
	h.says(t, saysReady)
	whole := time.Since(begin)
	_ = h.signal(t, syscall.SIGKILL)
	worst := b.wantEmpty(t)
	const kills = 8
	for i := range kills {
		h := b.halab(t)
		time.Sleep(whole*time.Duration(i)/kills + rand.N(whole/kills))
		_ = h.signal(t, syscall.SIGKILL)
		worst = max(worst, b.wantEmpty(t))
	}
	t.Logf("%d kills within %s; empty at most %s later", kills+1, whole.Round(time.Millisecond), worst.Round(time.Millisecond))
}

func killedWhileReady(t *testing.T, b *bench) {
	var worst time.Duration
	for range 2 {
		h := b.halab(t)
		h.says(t, saysReady)
		time.Sleep(rand.N(200 * time.Millisecond))
		_ = h.signal(t, syscall.SIGKILL)
		worst = max(worst, b.wantEmpty(t))
	}
	t.Logf("empty at most %s later", worst.Round(time.Millisecond))
}

func killedWhileClosing(t *testing.T, b *bench) {
	h := b.halab(t)
	h.says(t, saysReady)
	begin := time.Now()
	h.close(t)
	if err := h.cmd.Wait(); err != nil {
		t.Fatalf("close: %v\n%s", err, h.err.String())
	}
	whole := time.Since(begin)
	b.wantEmpty(t)
	const kills = 4
	var worst time.Duration
	for i := range kills {
		h := b.halab(t)
		h.says(t, saysReady)
		h.close(t)
		time.Sleep(whole*time.Duration(i)/kills + rand.N(whole/kills))
		_ = syscall.Kill(-h.cmd.Process.Pid, syscall.SIGKILL) // it may be faster
		_ = h.cmd.Wait()
		worst = max(worst, b.wantEmpty(t))
	}
	t.Logf("%d kills within %s; empty at most %s later", kills, whole.Round(time.Millisecond), worst.Round(time.Millisecond))
}

func (h *Halab) close(t *testing.T) {
	t.Helper()
	if _, err := io.WriteString(h.in, toldClose); err != nil {
		t.Fatal(err)
	}
	h.says(t, saysClosing)
}

// terminated sends what a shell, a terminal or a pipeline sends; halab closes
// the lab by itself.
func terminated(t *testing.T, b *bench) {
	for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP} {
		h := b.halab(t)
		h.says(t, saysReady)
		if err := h.signal(t, sig); err != nil {
			t.Errorf("after %v: %v\n%s", sig, err, h.err.String())
		}
		if left := b.left(t); len(left) > 0 {
			t.Errorf("left after %v: %s", sig, strings.Join(left, "\n"))
		}
		// In the middle of a start it is an error, and as clean.
		h = b.halab(t)
		time.Sleep(50 * time.Millisecond)
		_ = h.signal(t, sig)
		if left := b.left(t); len(left) > 0 {
			t.Errorf("left after %v while starting: %s", sig, strings.Join(left, "\n"))
		}
	}
}
