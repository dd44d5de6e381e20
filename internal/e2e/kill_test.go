package e2e

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A death is how a halab ends before its time.
type death struct {
	name    string
	signals []syscall.Signal
	group   bool // the whole process group, as a terminal and a pipeline do
}

var deaths = []death{
	{"KILL", []syscall.Signal{syscall.SIGKILL}, false},
	{"INT", []syscall.Signal{syscall.SIGINT}, true},
	{"KILL to the group", []syscall.Signal{syscall.SIGKILL}, true},
	{"TERM", []syscall.Signal{syscall.SIGTERM}, false},
	{"INT twice", []syscall.Signal{syscall.SIGINT, syscall.SIGINT}, false},
}

// kills is how many times each command is killed. A container lab takes three
// times as long.
var kills = map[string]int{"container": 10, "process": 20}

// strike lets cmd live until a moment in the i-th of n parts of whole, and
// ends it. One that has ended by itself is as good.
func strike(t *testing.T, cmd *exec.Cmd, d death, i, n int, whole time.Duration) {
	t.Helper()
	beside.RLock()
	defer beside.RUnlock()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	part := whole / time.Duration(n)
	time.Sleep(part*time.Duration(i) + rand.N(part))
	pid := cmd.Process.Pid
	if d.group {
		pid = -pid
	}
	for _, sig := range d.signals {
		_ = syscall.Kill(pid, sig)
	}
	_ = cmd.Wait()
}

// short is a scenario whose run takes a second.
func short(t *testing.T) string {
	t.Helper()
	path, err := filepath.Abs("testdata/short.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func TestKilledRunLeavesNothing(t *testing.T) {
	t.Parallel()
	eachRuntime(t, func(t *testing.T, runtime string) {
		m := newMachine(t)
		args := func(i int) []string {
			return []string{"run", short(t), "--runtime", runtime, "--out", "out-" + strconv.Itoa(i)}
		}
		whole := m.takes(t, args(-1)...)
		var worst time.Duration
		for i := range kills[runtime] {
			d := deaths[i%len(deaths)]
			strike(t, m.command(t, args(i)...), d, i, kills[runtime], whole)
			took := m.wantEmpty(t)
			worst = max(worst, took)
		}
		t.Logf("%d kills within %s; empty at most %s later", kills[runtime], whole.Round(time.Millisecond), worst.Round(time.Millisecond))
	})
}

// A halab that ends while images are asked for their version leaves none of
// the containers in which that is done.
func TestKilledAskingLeavesNothing(t *testing.T) {
	t.Parallel()
	if !engineAnswers(t) {
		lacks(t, "a container engine")
	}
	m := newMachine(t)
	fresh := m.freshCache(t)
	m.env = append(m.env, "HALAB_CACHE="+fresh)
	run := func(i int) *exec.Cmd {
		if err := os.RemoveAll(filepath.Join(fresh, "images")); err != nil {
			t.Fatal(err)
		}
		return m.command(t, "run", short(t), "--runtime", "container", "--out", "asked-"+strconv.Itoa(i))
	}
	whole := untilSaid(t, run(-1), "container lab (")
	m.wantEmpty(t)
	asked := 0
	for i := range kills["container"] {
		cmd := run(i)
		strike(t, cmd, deaths[i%len(deaths)], i, kills["container"], whole)
		asked += len(askedOnEngine(t))
		m.wantEmpty(t)
	}
	t.Logf("%d kills within %s; %d containers were there just after", kills["container"], whole.Round(time.Millisecond), asked)
}

// freshCache is a cache with the packages of this machine's and no memory of
// what images said.
func (m *machine) freshCache(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(m.dir, "cache")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	entries, err := filepath.Glob(filepath.Join(cache(t), "*_*_*_*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if err := os.Symlink(e, filepath.Join(dir, filepath.Base(e))); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// untilSaid returns how long it takes cmd to say so, and ends it then.
func untilSaid(t *testing.T, cmd *exec.Cmd, begins string) time.Duration {
	t.Helper()
	said, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(said)
	for lines.Scan() && !strings.HasPrefix(lines.Text(), begins) {
	}
	took := time.Since(begin)
	_ = cmd.Process.Signal(syscall.SIGTERM)
	_, _ = io.Copy(io.Discard, said)
	_ = cmd.Wait()
	return took
}

// labs are those that status knows, by name, with what it says of each.
func (m *machine) labs(t *testing.T) map[string]string {
	t.Helper()
	var all []struct{ Name, State string }
	if err := json.Unmarshal([]byte(m.halab(t, 0, "status", "--json")), &all); err != nil {
		t.Fatal(err)
	}
	labs := map[string]string{}
	for _, l := range all {
		labs[l.Name] = l.State
	}
	return labs
}

// A killed up leaves nothing, or the lab that it was to bring up, which down
// then removes.
func TestKilledUpLeavesTheLabOrNothing(t *testing.T) {
	t.Parallel()
	eachRuntime(t, func(t *testing.T, runtime string) {
		m := newMachine(t)
		up := func(name string) []string { return []string{"up", short(t), "--runtime", runtime, "--name", name} }
		whole := m.takes(t, up("whole")...)
		if labs := m.labs(t); labs["whole"] != "up" {
			t.Fatalf("labs %v", labs)
		}
		m.halab(t, 0, "down", "whole")
		stayed := 0
		for i := range kills[runtime] {
			name := "lab" + strconv.Itoa(i)
			strike(t, m.command(t, up(name)...), deaths[i%len(deaths)], i, kills[runtime], whole)
			if m.settles(t, name) {
				stayed++
				m.halab(t, 0, "down", "--all")
			}
			if left := m.left(t); len(left) > 0 {
				t.Fatalf("left:\n%s", strings.Join(left, "\n"))
			}
		}
		t.Logf("%d kills within %s; %d labs were up", kills[runtime], whole.Round(time.Millisecond), stayed)
	})
}

// settles waits until the lab is up for good, which is true, or nothing is
// left of it.
func (m *machine) settles(t *testing.T, name string) bool {
	t.Helper()
	for begin := time.Now(); ; time.Sleep(50 * time.Millisecond) {
		left := m.left(t)
		if len(left) == 0 {
			return false
		}
		if !m.keeps(t) && m.labs(t)[name] == "up" {
			return true
		}
		if time.Since(begin) > emptyLimit {
			t.Fatalf("neither up nor gone after %s:\n%s", emptyLimit, strings.Join(left, "\n"))
		}
	}
}

// keepers are the process ids of the labs' keepers.
func (m *machine) keepers(t *testing.T) []int {
	t.Helper()
	var pids []int
	for _, p := range m.processes(t) {
		var pid int
		if _, err := fmt.Sscanf(p, "process %d:", &pid); err == nil && strings.Contains(p, " __keep ") {
			pids = append(pids, pid)
		}
	}
	return pids
}

func (m *machine) keeps(t *testing.T) bool {
	t.Helper()
	return len(m.keepers(t)) > 0
}

func TestKilledDownIsDoneAgain(t *testing.T) {
	t.Parallel()
	eachRuntime(t, func(t *testing.T, runtime string) {
		m := newMachine(t)
		up := []string{"up", short(t), "--runtime", runtime}
		m.halab(t, 0, up...)
		whole := m.takes(t, "down")
		const n = 4
		for i := range n {
			m.halab(t, 0, up...)
			strike(t, m.command(t, "down"), deaths[i%len(deaths)], i, n, whole)
			m.halab(t, 0, "down", "--all")
			if left := m.left(t); len(left) > 0 {
				t.Fatalf("left:\n%s", strings.Join(left, "\n"))
			}
		}
	})
}

// abandon makes what no keeper is left for: halab and its keeper are killed
// at once, in the middle of a run.
func (m *machine) abandon(t *testing.T, runtime string) {
	t.Helper()
	cmd := m.command(t, "run", short(t), "--runtime", runtime)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cmd.Wait() }()
	socket := filepath.Join(m.tmp(), "halab-*", "admin.sock")
	for begin := time.Now(); ; time.Sleep(5 * time.Millisecond) {
		if found, _ := filepath.Glob(socket); len(found) > 0 {
			break
		}
		if time.Since(begin) > time.Minute {
			t.Fatal("the lab does not come up")
		}
	}
	keepers := m.keepers(t)
	if len(keepers) != 1 {
		t.Fatalf("keepers %v, want one", keepers)
	}
	for _, pid := range []int{keepers[0], cmd.Process.Pid} {
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
	}
}

func TestKilledGCIsDoneAgain(t *testing.T) {
	t.Parallel()
	eachRuntime(t, func(t *testing.T, runtime string) {
		m := newMachine(t)
		m.abandon(t, runtime)
		if len(m.left(t)) == 0 {
			t.Fatal("nothing was abandoned")
		}
		whole := m.takes(t, "gc")
		if left := m.left(t); len(left) > 0 {
			t.Fatalf("left by gc:\n%s", strings.Join(left, "\n"))
		}
		const n = 3
		for i := range n {
			m.abandon(t, runtime)
			strike(t, m.command(t, "gc"), deaths[i%len(deaths)], i, n, whole)
			m.halab(t, 0, "gc")
			if left := m.left(t); len(left) > 0 {
				t.Fatalf("left by gc:\n%s", strings.Join(left, "\n"))
			}
		}
	})
}

// gc leaves alone what lives.
func TestGCLeavesLivingLabs(t *testing.T) {
	t.Parallel()
	eachRuntime(t, func(t *testing.T, runtime string) {
		m := newMachine(t)
		m.halab(t, 0, "up", short(t), "--runtime", runtime, "--name", "one")
		m.halab(t, 0, "up", short(t), "--runtime", runtime, "--name", "two")
		m.halab(t, 0, "gc")
		if labs := m.labs(t); len(labs) != 2 || labs["one"] != "up" || labs["two"] != "up" {
			t.Errorf("labs %v, want one and two up", labs)
		}
		m.halab(t, 2, "up", short(t), "--runtime", runtime, "--name", "one")
		m.halab(t, 2, "down", "three")
		m.halab(t, 0, "down", "one")
		if labs := m.labs(t); len(labs) != 1 {
			t.Errorf("labs %v, want two alone", labs)
		}
		m.halab(t, 0, "down")
		if _, err := os.Stat(m.state()); err != nil {
			t.Errorf("the records are not where this test looks: %v", err)
		}
	})
}
