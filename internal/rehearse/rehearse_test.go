package rehearse

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"halab/internal/history"
	"halab/internal/lab"
	"halab/internal/scenario"
	"halab/internal/software"
	"halab/internal/upgrade"
	"halab/internal/verify"
)

// text is a short run with versions that Debian has. A busy machine may stand
// still for longer than the default allows.
const text = `apiVersion: halab/v1
name: short
haproxy: {version: "2.6"}
backends:
  - name: bk
    servers:
      - {name: new, address: 127.0.0.1:81, nginx: 1.22.1, check: true, backup: true, inter: 200ms}
      - {name: old, address: 127.0.0.1:82, nginx: 1.18.0, check: true, inter: 200ms}
frontends:
  - {name: app, bind: ":80", default_backend: bk}
traffic:
  before: 400ms
  after: 400ms
  poll: {interval: 200ms}
  new: {rate: 50}
  kept: {rate: 50, connections: 5}
steps:
  - maint: bk/old
  - expect: {header: nginx/1.22.1}
expect:
  max-gap: 20s
  switch: {from: bk/old, to: bk/new, within: 20s}
`

func parse(t *testing.T, replace ...string) *scenario.Scenario {
	t.Helper()
	s, err := scenario.Parse("short.yaml", []byte(strings.NewReplacer(replace...).Replace(text)), upgrade.Kinds())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// place is where one run works. Nothing of its lab may be left there.
type place struct{ tmp, out, state string }

func newPlace(t *testing.T) place {
	t.Helper()
	tmp, err := os.MkdirTemp("", "rh") // short: a unix socket's path has at most 107 bytes
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("TMPDIR", tmp)
	p := place{tmp, t.TempDir(), filepath.Join(tmp, "state")}
	t.Cleanup(func() {
		for _, left := range p.left(t) {
			t.Errorf("left behind: %s", left)
		}
		_ = os.RemoveAll(tmp)
	})
	return p
}

func (p place) left(t *testing.T) []string {
	t.Helper()
	var out []string
	for _, pattern := range []string{"halab-*", "state/labs/*"} {
		files, _ := filepath.Glob(filepath.Join(p.tmp, pattern))
		out = append(out, files...)
	}
	commands, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, file := range commands {
		cmdline, _ := os.ReadFile(file) // a process may end at any moment
		if bytes.Contains(cmdline, []byte(p.tmp+"/")) {
			out = append(out, string(bytes.ReplaceAll(cmdline, []byte{0}, []byte{' '})))
		}
	}
	return out
}

// config is a run on processes.
func (p place) config(t *testing.T, s *scenario.Scenario) Config {
	t.Helper()
	chooser := NewChooser(software.Options{Progress: func(line string) { t.Log(line) }}, nil)
	choice, err := chooser.Choose(t.Context(), s, "process")
	if err != nil && os.Getenv("CI") != "true" {
		fmt.Fprintf(os.Stderr, "SKIPPED %s: %v\n", t.Name(), err)
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return Config{Scenario: s, Choice: choice, Out: p.out, Lab: lab.Options{StateDir: p.state}, Halab: "test"}
}

func (p place) verdict(t *testing.T) (*verify.Verdict, error) {
	t.Helper()
	f, err := history.Open(filepath.Join(p.out, HistoryFile))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	return verify.Check(history.NewReader(f), func(file, text string) (*scenario.Scenario, error) {
		return scenario.Parse(file, []byte(text), upgrade.Kinds())
	})
}

// tries is how often a run is done at most for which this machine was too busy.
const tries = 3

// decided rehearses, and does so again where the machine was too busy for a
// verdict.
func (p place) decided(t *testing.T, c Config) *verify.Verdict {
	t.Helper()
	for n := 1; ; n++ {
		if err := Run(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		v, err := p.verdict(t)
		if err != nil {
			t.Fatal(err)
		}
		if !v.Busy || n == tries {
			return v
		}
		t.Logf("the machine was too busy: %q", v.Reasons)
		if err := errors.Join(os.RemoveAll(p.out), os.Mkdir(p.out, 0o755)); err != nil {
			t.Fatal(err)
		}
	}
}

func TestRunPasses(t *testing.T) {
	p := newPlace(t)
	c := p.config(t, parse(t))
	var mu sync.Mutex
	seen := map[string]int{}
	var begun int64
	c.Watch = func(e history.Event) {
		mu.Lock()
		defer mu.Unlock()
		switch e := e.(type) {
		case *history.Header:
			begun = 0
			clear(seen)
		case *history.End:
			for _, n := range e.Issued {
				begun += n
			}
		}
		seen[fmt.Sprintf("%T", e)]++
	}
	v := p.decided(t, c)
	if v.Result != verify.Pass {
		t.Fatalf("%s: %q", v.Result, v.Reasons)
	}
	for _, event := range []string{"*history.Header", "*history.Request", "*history.Step", "*history.ServerState", "*history.Counters", "*history.End"} {
		if seen[event] == 0 {
			t.Errorf("Watch saw no %s", event)
		}
	}
	var sum int64
	for _, l := range v.Lanes {
		sum += l.Sent
	}
	if begun != sum {
		t.Errorf("%d requests of %d that the prober began", sum, begun)
	}
	if sum != int64(seen["*history.Request"]) || v.Accounts.Answered != sum || v.Accounts.Unlogged != 0 {
		t.Errorf("%d requests, Watch saw %d, accounts %+v", sum, seen["*history.Request"], v.Accounts)
	}
	for _, name := range []string{HistoryFile, LogFile, "haproxy.cfg", "nginx-bk-new.conf", "nginx-bk-old.conf"} {
		if info, err := os.Stat(filepath.Join(p.out, name)); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
	// A second run does not write over the first.
	var failed *LabError
	if err := Run(t.Context(), c); !errors.As(err, &failed) || !errors.Is(err, fs.ErrExist) {
		t.Errorf("a second run into the same directory: %v", err)
	}
}

func TestStepFailureIsRecorded(t *testing.T) {
	p := newPlace(t)
	s := parse(t, "expect: {header: nginx/1.22.1}", "expect: {server: bk/new, state: DOWN, within: 1s}")
	if v := p.decided(t, p.config(t, s)); v.Result != verify.Fail || !strings.Contains(v.Reasons[0], "step 2") || !strings.Contains(v.Reasons[0], "bk/new is UP, not DOWN") {
		t.Errorf("%s: %q", v.Result, v.Reasons)
	}
}

// However early or late a run is cancelled, nothing is left, it is told as an
// error of the lab, and what there is of a history proves nothing.
func TestCancel(t *testing.T) {
	step := func(index int, phase history.Phase) func(history.Event) bool {
		return func(e history.Event) bool {
			s, ok := e.(*history.Step)
			return ok && s.Index == index && s.Phase == phase
		}
	}
	for _, c := range []struct {
		name string
		tell string // a phase of the lab's start
		when func(history.Event) bool
	}{
		{"before the lab", "", nil},
		{"while the lab starts", "starting", nil},
		{"at the header", "", func(e history.Event) bool { _, ok := e.(*history.Header); return ok }},
		{"at a request", "", func(e history.Event) bool { _, ok := e.(*history.Request); return ok }},
		{"as a step begins", "", step(1, history.Begin)},
		{"at a command", "", step(1, history.Command)},
		{"as a GET of a step is sent", "", step(2, history.Begin)},
		{"after the last step", "", step(2, history.Ended)},
	} {
		t.Run(strings.ReplaceAll(c.name, " ", "_"), func(t *testing.T) {
			p := newPlace(t)
			cfg := p.config(t, parse(t))
			ctx, cancel := context.WithCancelCause(t.Context())
			cause := errors.New("enough")
			if c.tell == "" && c.when == nil {
				cancel(cause)
			}
			cfg.Lab.Tell = func(line string) {
				if c.tell != "" && strings.HasPrefix(line, c.tell) {
					cancel(cause)
				}
			}
			cfg.Watch = func(e history.Event) {
				if c.when != nil && c.when(e) {
					cancel(cause)
				}
			}
			var failed *LabError
			if err := Run(ctx, cfg); !errors.As(err, &failed) {
				t.Errorf("error %T: %v", err, err)
			}
			switch v, err := p.verdict(t); {
			case c.when == nil && (err == nil || !strings.Contains(err.Error(), "empty")):
				t.Errorf("a history: %v, %v", v, err)
			case c.when != nil && (err != nil || v.Result != verify.Inconclusive):
				t.Errorf("%v, %+v", err, v)
			case c.when != nil && !strings.Contains(strings.Join(v.Reasons, "\n"), "the run did not go to its end: enough"):
				t.Errorf("%q", v.Reasons)
			}
		})
	}
}

// fullVariable makes the test binary a run on a disk that becomes full.
const fullVariable = "HALAB_REHEARSE_TEST_LIMIT"

// A history that can no longer be written ends the run long before its time;
// what was written is judged.
func TestFullDiskEndsTheRun(t *testing.T) {
	if limit := os.Getenv(fullVariable); limit != "" {
		runLimited(t, limit)
		return
	}
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^"+t.Name()+"$", "-test.v")
	child.Env = append(os.Environ(), fullVariable+"=60000")
	if out, err := child.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func runLimited(t *testing.T, limit string) {
	p := newPlace(t)
	c := p.config(t, parse(t, "before: 400ms", "before: 10m", "rate: 50", "rate: 200"))
	signal.Ignore(syscall.SIGXFSZ)
	n, err := strconv.ParseUint(limit, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: n, Max: n}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	var failed *LabError
	if err := Run(ctx, c); !errors.As(err, &failed) || !strings.Contains(err.Error(), "can no longer be written") || !strings.Contains(err.Error(), "file too large") {
		t.Errorf("%v", err)
	}
	if v, err := p.verdict(t); err != nil || v.Result != verify.Inconclusive {
		t.Errorf("%v, %+v", err, v)
	}
}

func TestLabErrors(t *testing.T) {
	for _, c := range []struct {
		name, want string
		change     func(c *Config)
	}{
		{"no such directory", "create the history", func(c *Config) { c.Out = filepath.Join(c.Out, "none") }},
		{"a program that is not there", "none/nginx", func(c *Config) {
			broken := c.Choice.Programs["bk/new"]
			broken.Argv = []string{"/none/nginx"}
			c.Choice.Programs["bk/new"] = broken
		}},
		{"a program that ends", "bk/new", func(c *Config) {
			broken := c.Choice.Programs["bk/new"]
			broken.Argv = []string{"/bin/false"}
			c.Choice.Programs["bk/new"] = broken
		}},
	} {
		t.Run(strings.ReplaceAll(c.name, " ", "_"), func(t *testing.T) {
			p := newPlace(t)
			cfg := p.config(t, parse(t))
			c.change(&cfg)
			var failed *LabError
			if err := Run(t.Context(), cfg); !errors.As(err, &failed) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%T: %v, want %q", err, err, c.want)
			}
		})
	}
}
