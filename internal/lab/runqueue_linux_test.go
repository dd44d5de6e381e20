package lab

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"
)

// TestRunQueue: of more processes than processors, all busy, each waits for
// some of the time; of one that sleeps nothing is told, and no more than the
// time that has passed.
func TestRunQueue(t *testing.T) {
	idle, busy := &RunQueue{config: filepath.Join(t.TempDir(), "idle")}, &RunQueue{config: filepath.Join(t.TempDir(), "busy")}
	start := func(script, arg string) {
		cmd := exec.CommandContext(t.Context(), "sh", "-c", script, arg, arg)
		in, err := cmd.StdinPipe()
		if err == nil {
			err = cmd.Start()
		}
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _, _ = in.Close(), cmd.Wait() }) // it was killed
	}
	// The shell itself waits: what it forks has its arguments, and counts, until
	// it becomes another program.
	start("read _", idle.config)
	for range 2 * runtime.NumCPU() {
		start("while :; do :; done", busy.config)
	}
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
	// One that comes later has done all its waiting since the last look.
	later := &RunQueue{config: filepath.Join(t.TempDir(), "later")}
	later.Waited()
	start("while :; do :; done", later.config)
	time.Sleep(pidsEvery)
	if waited := later.Waited(); waited == 0 {
		t.Error("what came later did not wait")
	}
	// halab waits too.
	self := &RunQueue{config: filepath.Join(t.TempDir(), "nobody"), self: os.Getpid()}
	for self.Waited(); self.waited == 0 && time.Since(begun) < 40*time.Second; self.Waited() {
		for spin := time.Now(); time.Since(spin) < 20*time.Millisecond; {
		}
	}
	if self.waited == 0 || len(self.pids) != 0 {
		t.Errorf("itself waited %s, with %d others", self.waited, len(self.pids))
	}
	if len(idle.pids) != 1 || len(busy.pids) != 2*runtime.NumCPU() {
		t.Errorf("%d and %d processes", len(idle.pids), len(busy.pids))
	}
}
