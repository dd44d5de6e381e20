package upgrade_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"halab/internal/history"
	"halab/internal/scenario"
	"halab/internal/upgrade"
)

// ranCommand carries one run step out and returns what it wrote.
func ranCommand(t *testing.T, step string) (string, error) {
	t.Helper()
	return ranKnown(t, step, func(int) error { return nil })
}

// ranKnown does so and tells started of the command's process.
func ranKnown(t *testing.T, step string, started func(pid int) error) (string, error) {
	t.Helper()
	s, err := scenario.Parse("run.yaml", []byte(manyServers+"  - "+step+"\n"), upgrade.Kinds())
	if err != nil {
		t.Fatal(err)
	}
	plan, err := upgrade.Compile(s, s.Steps, 1)
	if err != nil {
		t.Fatal(err)
	}
	out := ""
	env := upgrade.Env{Scenario: s, Vars: []string{"HALAB_STATS_SOCKET=/some/admin.sock"}, Started: started, Hold: func() (*os.File, error) { return os.Open(os.DevNull) }, Session: func(int) bool { return false }}
	err = upgrade.Run(context.Background(), plan, env, time.Now(), func(e history.Event) { out += e.(*history.Step).Answer })
	return out, err
}

func TestRunCommand(t *testing.T) {
	out, err := ranCommand(t, `run: echo "$HALAB_STATS_SOCKET"; echo to stderr >&2`)
	if err != nil || out != "/some/admin.sock\nto stderr\n" {
		t.Errorf("%q, %v", out, err)
	}
	for step, want := range map[string]string{
		`run: echo why; exit 3`:                    "exit code 3; it wrote last: why",
		`run: exit 1`:                              "exit code 1, and it wrote nothing",
		`run: kill -TERM $$`:                       "ended by signal 15 (terminated)",
		`run: nosuchcommand`:                       "exit code 127; it wrote last: ",
		`run: {command: pwd, dir: /no/such/place}`: "/no/such/place: no such file or directory",
	} {
		if _, err := ranCommand(t, step); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", step, err, want)
		}
	}
}

// A command begins when its process is known to who cleans up, and never where
// that fails.
func TestRunCommandIsKnownFirst(t *testing.T) {
	begun := filepath.Join(t.TempDir(), "begun")
	early := func(int) error {
		time.Sleep(100 * time.Millisecond)
		if _, err := os.Stat(begun); err == nil {
			t.Error("it began before it was known")
		}
		return nil
	}
	if out, err := ranKnown(t, "run: echo $PPID > "+begun+"; [ -e /proc/$$/fd/4 ] || echo none", early); err != nil || out != "none\n" {
		t.Errorf("%q, %v", out, err)
	}
	data, err := os.ReadFile(begun)
	if err != nil || strings.TrimSpace(string(data)) != strconv.Itoa(os.Getpid()) {
		t.Errorf("its parent is %q, %v", data, err)
	}
	if err := os.Remove(begun); err != nil {
		t.Fatal(err)
	}
	full := errors.New("the disk is full")
	if _, err := ranKnown(t, "run: touch "+begun, func(int) error { return full }); !errors.Is(err, full) {
		t.Errorf("%v, want %v", err, full)
	}
	if _, err := os.Stat(begun); err == nil {
		t.Error("it was carried out, and nobody knows of it")
	}
}

// What a command writes is kept to its end, and what is not text is written as
// text.
func TestRunCommandOutput(t *testing.T) {
	out, err := ranCommand(t, `run: head -c 1000000 /dev/zero | tr '\0' x; echo end`)
	if err != nil || len(out) > 70_000 || !strings.HasSuffix(out, "xend\n") || !strings.HasPrefix(out, "(934468 bytes before this)\n") {
		t.Errorf("a flood of output: %d bytes, %.60s, %v", len(out), out, err)
	}
	out, err = ranCommand(t, `run: seq 1 100000`)
	if line, rest, _ := strings.Cut(out, "\n"); err != nil || !strings.HasPrefix(line, "(") || !strings.HasSuffix(rest, "\n99999\n100000\n") || len(strings.SplitN(rest, "\n", 2)[0]) != 5 {
		t.Errorf("a flood of lines begins with %.60q: %v", out, err)
	}
	out, err = ranCommand(t, `run: printf '\303\244\377\0\033[2J\nlast'`)
	if err != nil || out != "ä\\xff\x00\x1b[2J\nlast" {
		t.Errorf("bytes that are no text: %q, %v", out, err)
	}
}

// What a command starts and leaves is no failure. It lives on, though it holds
// the output, and its output is taken.
func TestRunCommandThatForks(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	out, err := ranCommand(t, `run: '(until [ -e go ]; do sleep 0.01; done; echo still here; touch done) & echo started'`)
	if err != nil || out != "started\n(what it started goes on, and may write more)\n" {
		t.Fatalf("%q, %v", out, err)
	}
	if err := os.WriteFile("go", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for begin := time.Now(); ; time.Sleep(time.Millisecond) {
		if _, err := os.Stat("done"); err == nil {
			return
		}
		if time.Since(begin) > 10*time.Second {
			t.Fatal("what was started did not live on")
		}
	}
}

// A command that hangs is ended with all that it started, at the step's
// timeout.
func TestRunCommandThatHangs(t *testing.T) {
	pid := filepath.Join(t.TempDir(), "pid")
	_, err := ranCommand(t, "run: 'sleep 1000 & echo $! > "+pid+"; wait'\n    timeout: 3s")
	if err == nil || !strings.Contains(err.Error(), "not done within 3s, and it wrote nothing") {
		t.Fatalf("%v", err)
	}
	data, err := os.ReadFile(pid)
	if err != nil {
		t.Fatal(err)
	}
	for begin := time.Now(); ; time.Sleep(10 * time.Millisecond) {
		stat, err := os.ReadFile("/proc/" + strings.TrimSpace(string(data)) + "/stat")
		if err != nil || strings.Contains(string(stat), ") Z ") {
			return
		}
		if time.Since(begin) > 10*time.Second {
			t.Fatal("what the command started still runs")
		}
	}
}
