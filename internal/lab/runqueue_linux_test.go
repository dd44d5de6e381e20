package lab

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"
)

// starts runs a shell script under a name and with an argument, in the lab's
// directory, until the test's end. The script has to write a line: a process has
// its arguments a little later than itself.
func starts(t *testing.T, q *RunQueue, script, name, arg string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "sh")
	cmd.Args, cmd.Dir = []string{name, "-c", script, name, arg}, q.dir
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = in.Close(), cmd.Wait() }) // it was killed
	if _, err := out.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
}

// The shell itself sleeps: what it forks has its arguments, and counts, until it
// becomes another program.
const (
	sleeps = "echo; read _"
	spins  = "echo; while :; do :; done"
)

// TestRunQueue: of more processes than processors, all busy, each waits for
// some of the time; of one that sleeps nothing is told, and no more than the
// time that has passed. Those of another lab are none of this one's.
func TestRunQueue(t *testing.T) {
	home := t.TempDir()
	in := func(name string) *RunQueue {
		q := &RunQueue{dir: filepath.Join(home, name)}
		if err := os.Mkdir(q.dir, 0o700); err != nil {
			t.Fatal(err)
		}
		return q
	}
	proxy := func(script string, q *RunQueue) {
		starts(t, q, script, "haproxy", filepath.Join(q.dir, configFile))
	}
	nginx := func(script string, q *RunQueue) { starts(t, q, script, "nginx: worker process", "") }
	idle, busy, served := in("idle"), in("busy"), in("served")
	proxy(sleeps, idle)
	nginx(sleeps, idle)
	for range 2 * runtime.NumCPU() {
		proxy(spins, busy)
	}
	nginx(spins, served)
	begun := time.Now()
	var waited time.Duration
	for waited < 200*time.Millisecond && time.Since(begun) < 20*time.Second {
		if slept := idle.Waited(); slept > time.Since(begun)/2 {
			t.Fatalf("one that sleeps waited %s of %s", slept, time.Since(begun))
		}
		if waited = busy.Waited(); waited > time.Since(begun) {
			t.Fatalf("%s of %s", waited, time.Since(begun))
		}
		time.Sleep(50 * time.Millisecond)
	}
	if waited == 0 {
		t.Error("nobody waited")
	}
	served.Waited()
	for served.Waited() == 0 && time.Since(begun) < 40*time.Second {
		time.Sleep(50 * time.Millisecond)
	}
	if served.waited == 0 || len(served.found.workers) != 1 {
		t.Errorf("nginx waited %s, %v", served.waited, served.found)
	}
	// One that comes later has done all its waiting since the last look.
	later := in("later")
	later.Waited()
	proxy(spins, later)
	time.Sleep(programsEvery)
	if waited := later.Waited(); waited == 0 {
		t.Error("what came later did not wait")
	}
	// halab waits too.
	self := in("nobody")
	self.self = os.Getpid()
	for self.Waited(); self.waited == 0 && time.Since(begun) < 40*time.Second; self.Waited() {
		for spin := time.Now(); time.Since(spin) < 20*time.Millisecond; {
		}
	}
	if self.waited == 0 || len(self.found.haproxy)+len(self.found.workers) != 0 {
		t.Errorf("itself waited %s, with %v", self.waited, self.found)
	}
	if len(idle.found.haproxy) != 1 || len(idle.found.workers) != 1 || len(busy.found.haproxy) != 2*runtime.NumCPU() {
		t.Errorf("%v and %v", idle.found, busy.found)
	}
}
