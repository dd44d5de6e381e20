package lab

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"syscall"
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
	// Each gets so little of a processor that it is the host which holds it up.
	crowd := 8 * runtime.NumCPU()
	idle, busy, served := in("idle"), in("busy"), in("served")
	proxy(sleeps, idle)
	nginx(sleeps, idle)
	for range crowd {
		proxy(spins, busy)
	}
	nginx(spins, served)
	begun := time.Now()
	var waited time.Duration
	for waited < 200*time.Millisecond && time.Since(begun) < 20*time.Second {
		if slept := idle.Look().CPU; slept > time.Since(begun)/2 {
			t.Fatalf("one that sleeps waited %s of %s", slept, time.Since(begun))
		}
		if waited = busy.Look().CPU; waited > time.Since(begun) {
			t.Fatalf("%s of %s", waited, time.Since(begun))
		}
		time.Sleep(50 * time.Millisecond)
	}
	if waited == 0 {
		t.Error("nobody waited")
	}
	served.Look()
	for served.Look().CPU == 0 && time.Since(begun) < 40*time.Second {
		time.Sleep(50 * time.Millisecond)
	}
	if served.held.CPU == 0 || len(served.found.workers) != 1 {
		t.Errorf("nginx waited %s, %v", served.held.CPU, served.found)
	}
	// One that comes later has done all its waiting since the last look.
	later := in("later")
	later.Look()
	proxy(spins, later)
	time.Sleep(programsEvery)
	if waited := later.Look(); waited.CPU == 0 {
		t.Error("what came later did not wait")
	}
	// halab waits too.
	self := in("nobody")
	self.self = os.Getpid()
	for self.Look(); self.held.CPU == 0 && time.Since(begun) < 40*time.Second; self.Look() {
		for spin := time.Now(); time.Since(spin) < 20*time.Millisecond; {
		}
	}
	if self.held.CPU == 0 || len(self.found.haproxy)+len(self.found.workers) != 0 {
		t.Errorf("itself waited %s, with %v", self.held.CPU, self.found)
	}
	if len(idle.found.haproxy) != 1 || len(idle.found.workers) != 1 || len(busy.found.haproxy) != crowd {
		t.Errorf("%v and %v", idle.found, busy.found)
	}
}

// A HAProxy that is stopped, or that runs and serves nobody, is held up by
// itself, however long others wait.
func TestHAProxyItself(t *testing.T) {
	for _, c := range []struct {
		name    string
		does    func(q *RunQueue) // starts HAProxy
		stopped bool
	}{
		{"stopped", func(q *RunQueue) {
			starts(t, q, sleeps, "haproxy", filepath.Join(q.dir, configFile))
			pid := running(q.dir).haproxy[0]
			if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = syscall.Kill(pid, syscall.SIGCONT) })
			for begun := time.Now(); time.Since(begun) < 20*time.Second; time.Sleep(time.Millisecond) {
				if now, _ := look(mainThread(pid)[0]); now.state == 'T' {
					break // the signal has to reach it first
				}
			}
		}, true},
		{"spinning", func(q *RunQueue) {
			starts(t, q, spins, "haproxy", filepath.Join(q.dir, configFile))
		}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			q := &RunQueue{dir: t.TempDir()}
			c.does(q)
			q.Look()
			// By its counters it waited for a processor, too.
			for range 5 {
				q.at = time.Now().Add(-100 * time.Millisecond)
				for dir, was := range q.last {
					if c.stopped {
						was.waited -= time.Second
					} else {
						was.ran -= 100 * time.Millisecond
						was.waited -= 50 * time.Millisecond
					}
					q.last[dir] = was
				}
				if held := q.Look(); held.CPU > 0 || held.Disk > 0 || held.Stopped != c.stopped {
					t.Fatalf("%+v", held)
				}
			}
		})
	}
}

// A wait that goes on counts as it goes, and once.
func TestWaitThatGoesOn(t *testing.T) {
	const ms = time.Millisecond
	q := []thread{
		{state: 'S', ran: 5 * ms, waited: 10 * ms, turns: 7},
		{state: 'R', ran: 5 * ms, waited: 10 * ms, turns: 7},
		{state: 'R', ran: 5 * ms, waited: 10 * ms, turns: 7},
		{state: 'R', ran: 5 * ms, waited: 10 * ms, turns: 7},
		{state: 'S', ran: 6 * ms, waited: 310 * ms, turns: 8},
		{state: 'S', ran: 6 * ms, waited: 310 * ms, turns: 8},
	}
	var got []time.Duration
	for i := 1; i < len(q); i++ {
		got = append(got, q[i].since(&q[i-1], 100*ms))
	}
	if want := []time.Duration{0, 100 * ms, 100 * ms, 100 * ms, 0}; !slices.Equal(got, want) {
		t.Errorf("%s, want %s", got, want)
	}
}
