package e2e

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

const servers = 100

// hundred is a scenario that rolls a hundred servers.
func hundred(t testing.TB) string {
	t.Helper()
	path, err := filepath.Abs("testdata/hundred.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// A hundred servers come up and are replaced ten at a time, and every request
// is answered.
func TestHundredServers(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	m.run(t, 0, "out", hundred(t), "--runtime", "process")
	v := judged(t, filepath.Join(m.dir, "home", "out"))
	if v.Result != "PASS" || v.LostAll != 0 || len(v.Servers) != servers || len(v.Steps) != 5*servers {
		t.Errorf("%s: %d lost, %d servers, %d steps: %v", v.Result, v.LostAll, len(v.Servers), len(v.Steps), v.Reasons)
	}
}

// BenchmarkHundredServers measures what a server costs: the time of a lab of a
// hundred to be up, to be rolled and to be gone, and the memory of nginx and
// of halab for each.
func BenchmarkHundredServers(b *testing.B) {
	var up, run, down time.Duration
	var nginx, halab float64
	for b.Loop() {
		m := newMachine(b)
		up += timed(func() { m.halab(b, 0, "up", hundred(b), "--runtime", "process", "--name", "fleet") })
		nginx += m.resident(b, "nginx") / servers
		down += timed(func() { m.halab(b, 0, "down", "fleet") })
		var many, few float64
		run += timed(func() { many = m.peak(b, "many", hundred(b)) })
		few = m.peak(b, "few", m.with(b, hundred(b), "count: 100", "count: 2", "batch: 10", "batch: 1", "min-weight: 90", "min-weight: 1"))
		halab += (many - few) / (servers - 2)
	}
	n := float64(b.N)
	b.ReportMetric(up.Seconds()/n, "up-s")
	b.ReportMetric(run.Seconds()/n, "run-s")
	b.ReportMetric(down.Seconds()/n, "down-s")
	b.ReportMetric(nginx/n, "nginx-KiB/server")
	b.ReportMetric(halab/n, "halab-KiB/server")
	b.ReportMetric(0, "ns/op")
}

// timed is how long something takes.
func timed(run func()) time.Duration {
	begin := time.Now()
	run()
	return time.Since(begin)
}

// with writes a scenario with some words replaced.
func (m *machine) with(t testing.TB, file string, replace ...string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(m.dir, "home", "edited.yaml")
	if err := os.WriteFile(path, []byte(strings.NewReplacer(replace...).Replace(string(text))), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// peak is the most memory, in KiB, that halab itself had resident in a run.
func (m *machine) peak(t testing.TB, out, file string) float64 {
	t.Helper()
	cmd := m.command(t, "run", file, "--runtime", "process", "--out", out)
	told, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, told)
	}
	return float64(cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss)
}

var pss = regexp.MustCompile(`(?m)^Pss: +(\d+) kB$`)

// resident is the memory, in KiB, of the lab's programs of this name. What
// several share counts once (proc(5), smaps_rollup).
func (m *machine) resident(t testing.TB, name string) float64 {
	t.Helper()
	processes, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		t.Fatal(err)
	}
	var sum float64
	for _, dir := range processes {
		cwd, _ := os.Readlink(filepath.Join(dir, "cwd"))
		cmdline, _ := os.ReadFile(filepath.Join(dir, "cmdline")) // a process may end at any moment
		if !strings.HasPrefix(cwd, m.dir+"/") || !bytes.Contains(cmdline, []byte(name)) {
			continue
		}
		memory, _ := os.ReadFile(filepath.Join(dir, "smaps_rollup"))
		if found := pss.FindSubmatch(memory); found != nil {
			kib, _ := strconv.ParseFloat(string(found[1]), 64)
			sum += kib
		}
	}
	return sum
}
