//go:build linux

package software

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// slowMirror puts an mmdebstrap on PATH that unpacks a tree at hand, notes that
// it was called, and can be held up: the real one, without its downloads.
func slowMirror(t *testing.T, script string) (calls string) {
	t.Helper()
	entry := realTree(t, "nginx:1.18.0")
	dir := t.TempDir()
	calls = filepath.Join(dir, "calls")
	text := "#!/bin/bash\nfor out; do :; done\ncalls=" + calls + "\necho $$ >>$calls\n" +
		"copy() { cp -a " + entry.root() + "/. $out; }\nmkdir $out\n" + script + "\n"
	if err := os.WriteFile(filepath.Join(dir, "mmdebstrap"), []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	return calls
}

func callsOf(t *testing.T, file string) []int {
	t.Helper()
	b, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	var pids []int
	for line := range strings.FieldsSeq(string(b)) {
		pid, err := strconv.Atoi(line)
		if err != nil {
			t.Fatal(err)
		}
		pids = append(pids, pid)
	}
	return pids
}

// Two processes that want the same fetch it once: the second one waits, says
// so, and takes what the first one made.
func TestTwoProcessesFetchOnce(t *testing.T) {
	gate := filepath.Join(t.TempDir(), "gate")
	calls := slowMirror(t, "until [ -e "+gate+" ]; do sleep 0.02; done; copy")
	cache := t.TempDir()
	var outs [2]*watched
	for i := range outs {
		outs[i] = startWatched(t, childCommand(t, "nginx:1.18.0", cache, 0))
	}
	await(t, "one waits and one unpacks", func() bool {
		return strings.Contains(outs[0].text()+outs[1].text(), "waiting") && len(callsOf(t, calls)) == 1
	})
	if err := os.WriteFile(gate, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, o := range outs {
		if err := o.wait(); err != nil || !strings.Contains(o.text(), "got 1.18.0") {
			t.Errorf("%v: %s", err, o.text())
		}
	}
	if n := len(callsOf(t, calls)); n != 1 {
		t.Errorf("unpacked %d times", n)
	}
}

// A kill at any moment leaves no entry that is not complete, no process, and
// nothing that the next run does not remove.
func TestKilledFetch(t *testing.T) {
	moments := map[string]string{
		"before the first file": "",
		"in the middle":         "copy; rm $out/usr/sbin/nginx",
		"at the last file":      "copy",
	}
	for name, script := range moments {
		t.Run(name, func(t *testing.T) {
			cache := t.TempDir()
			// The first call stops at its moment, the second one succeeds.
			calls := slowMirror(t, "[ $(wc -l <$calls) = 1 ] || { copy; exit; }\n"+script+"\ntouch $calls.reached; sleep 1000 & wait")
			o := startWatched(t, childCommand(t, "nginx:1.18.0", cache, 0))
			await(t, "the moment is reached", func() bool {
				_, err := os.Stat(calls + ".reached")
				return err == nil
			})
			if err := o.cmd.Process.Signal(syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
			_ = o.wait()
			pid := callsOf(t, calls)[0]
			await(t, "nothing of the fetch runs", func() bool { return !running(pid) })
			if r := New(Options{Cache: cache}); len(r.cached(Nginx)) != 0 {
				t.Error("what is not complete counts as an entry")
			}
			out, err := childCommand(t, "nginx:1.18.0", cache, 0).CombinedOutput()
			if err != nil || !strings.Contains(string(out), "got 1.18.0") {
				t.Errorf("the next run: %v: %s", err, out)
			}
			assertNoLeftovers(t, cache)
		})
	}
}

func TestCancelledFetchLeavesNothing(t *testing.T) {
	calls := slowMirror(t, "copy; sleep 1000 & wait")
	cache := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	failed := make(chan error, 1)
	go func() {
		_, err := New(Options{Cache: cache, Path: []string{}}).Process(ctx, mustWant(t, "nginx:1.18.0"))
		failed <- err
	}()
	await(t, "mmdebstrap is at work", func() bool { return len(callsOf(t, calls)) == 1 })
	cancel()
	if err := <-failed; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	await(t, "mmdebstrap has ended", func() bool { return !running(callsOf(t, calls)[0]) })
	assertNoLeftovers(t, cache)
}

// A suite that has moved on is told from one that has the version.
func TestSuiteHoldsAnotherVersion(t *testing.T) {
	slowMirror(t, "copy")
	_, err := New(Options{Cache: t.TempDir(), Path: []string{}}).Process(t.Context(), mustWant(t, "nginx:1.22.1"))
	if _, ok := errors.AsType[*UnavailableError](err); !ok || !strings.Contains(err.Error(), "Debian bookworm now holds 1.18.0") {
		t.Errorf("got %v", err)
	}
}

// An entry whose program does not start any more is made anew.
func TestDamagedEntryIsReplaced(t *testing.T) {
	calls := slowMirror(t, "copy")
	cache := t.TempDir()
	for range 2 {
		p, err := New(Options{Cache: cache, Path: []string{}}).Process(t.Context(), mustWant(t, "nginx:1.18.0"))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Truncate(p.Argv[len(p.Argv)-1], 100); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(callsOf(t, calls)); n != 2 {
		t.Errorf("unpacked %d times", n)
	}
	assertNoLeftovers(t, cache)
}

func TestSweep(t *testing.T) {
	r := New(Options{Cache: t.TempDir()})
	if err := r.Sweep(); err != nil {
		t.Error("no cache:", err)
	}
	cache, err := r.makeCache()
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{"nginx_bullseye_amd64.1/entry", "nginx_forky_amd64.2"} {
		if err := os.MkdirAll(filepath.Join(cache, tmpDir, dir), 0o500); err != nil {
			t.Fatal(err)
		}
	}
	lock, err := tryLockFile(lockPath(cache, "nginx_forky_amd64"))
	if err != nil || lock == nil {
		t.Fatal(lock, err)
	}
	if err := r.Sweep(); err != nil {
		t.Error(err)
	}
	files, err := os.ReadDir(filepath.Join(cache, tmpDir))
	if err != nil || len(files) != 1 || files[0].Name() != "nginx_forky_amd64.2" {
		t.Errorf("left: %v, %v; want only what somebody is at work on", files, err)
	}
	if err := errors.Join(lock.unlock(), r.Sweep()); err != nil {
		t.Error(err)
	}
	assertNoLeftovers(t, cache)
}

func assertNoLeftovers(t *testing.T, cache string) {
	t.Helper()
	files, err := os.ReadDir(filepath.Join(cache, tmpDir))
	if err != nil || len(files) != 0 {
		t.Errorf("left in the cache: %v, %v", files, err)
	}
}

// running says whether a process is there and no zombie.
func running(pid int) bool {
	b, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return false
	}
	_, after, _ := bytes.Cut(b, []byte(") "))
	return !bytes.HasPrefix(after, []byte("Z"))
}

// await waits for something that is sure to come; the bound only ends a test
// that has failed.
func await(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for range 3000 {
		if ok() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("waited in vain: %s", what)
}

// watched is a process whose output can be read while it runs.
type watched struct {
	cmd  *exec.Cmd
	out  string
	done chan error
}

func startWatched(t *testing.T, cmd *exec.Cmd) *watched {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	cmd.Stdout, cmd.Stderr = f, f
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	w := &watched{cmd: cmd, out: f.Name(), done: make(chan error, 1)}
	go func() { w.done <- cmd.Wait() }()
	return w
}

func (w *watched) wait() error { return <-w.done }

func (w *watched) text() string {
	b, _ := os.ReadFile(w.out)
	return string(b)
}
