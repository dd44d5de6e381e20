package e2e

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// beside lets a run have this machine to itself: what the tests start holds it
// for reading, such a run for writing.
var beside sync.RWMutex

const (
	// inconclusive is the exit code of that verdict.
	inconclusive = 4
	// tries is how often a run is done alone, for what others than these tests
	// take of the processor.
	tries = 3
)

// run rehearses a scenario, wants this exit code, and leaves the results in a
// directory of this name at home.
func (m *machine) run(t testing.TB, code int, out string, args ...string) (stdout string) {
	t.Helper()
	dir := filepath.Join(m.dir, "home", out)
	return m.decided(t, code, func(string) bool {
		var v struct{ Busy bool }
		data, err := os.ReadFile(filepath.Join(dir, "report.json"))
		return err == nil && json.Unmarshal(data, &v) == nil && v.Busy && os.RemoveAll(dir) == nil
	}, append([]string{"run", "--out", dir}, args...)...)
}

// decided runs a command that comes to a verdict, and wants this exit code.
// Where the machine was too busy for one, by halab's own word, nothing can be
// said beside other tests: it is run again without them. What busy tells of is
// in the way of another run no more.
func (m *machine) decided(t testing.TB, code int, busy func(stdout string) bool, args ...string) (stdout string) {
	t.Helper()
	e := m.ends(t, beside.RLocker(), args...)
	for n := 1; n <= tries && e.code == inconclusive && e.code != code && busy(e.stdout); n++ {
		t.Logf("halab %s: the machine was too busy; run %d alone", strings.Join(args, " "), n)
		e = m.ends(t, &beside, args...)
	}
	e.want(t, code)
	return e.stdout
}

// halab runs a command to its end and wants this exit code.
func (m *machine) halab(t testing.TB, code int, args ...string) (stdout string) {
	t.Helper()
	e := m.ends(t, beside.RLocker(), args...)
	e.want(t, code)
	return e.stdout
}

// takes is how long a command takes that is left to end, whatever its verdict.
func (m *machine) takes(t testing.TB, args ...string) time.Duration {
	t.Helper()
	e := m.ends(t, beside.RLocker(), args...)
	if e.code != inconclusive {
		e.want(t, 0)
	}
	return e.took
}

// ended is a command that has.
type ended struct {
	args           []string
	stdout, stderr string
	code           int
	took           time.Duration
}

// ends runs a command to its end, and holds one side of beside meanwhile.
func (m *machine) ends(t testing.TB, side sync.Locker, args ...string) ended {
	t.Helper()
	side.Lock()
	defer side.Unlock()
	cmd := m.command(t, args...)
	var out, told bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &told
	begin := time.Now()
	err := cmd.Run()
	if cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return ended{args, out.String(), told.String(), cmd.ProcessState.ExitCode(), time.Since(begin)}
}

func (e ended) want(t testing.TB, code int) {
	t.Helper()
	if e.code != code {
		t.Fatalf("halab %s: exit code %d, want %d\n%s%s", strings.Join(e.args, " "), e.code, code, e.stdout, e.stderr)
	}
}
