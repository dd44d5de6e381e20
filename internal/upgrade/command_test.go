package upgrade_test

import (
	"context"
	"os"
	"path/filepath"
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
	s, err := scenario.Parse("run.yaml", []byte(manyServers+"  - "+step+"\n"), upgrade.Kinds())
	if err != nil {
		t.Fatal(err)
	}
	plan, err := upgrade.Compile(s, s.Steps, 1)
	if err != nil {
		t.Fatal(err)
	}
	out := ""
	env := upgrade.Env{Scenario: s, Vars: []string{"HALAB_STATS_SOCKET=/some/admin.sock"}, Started: func(int) error { return nil }}
	err = upgrade.Run(context.Background(), plan, env, time.Now(), func(e history.Event) { out += e.(*history.Step).Answer })
	return out, err
}

func TestRunCommand(t *testing.T) {
	out, err := ranCommand(t, `run: echo "$HALAB_STATS_SOCKET"; echo to stderr >&2`)
	if err != nil || out != "/some/admin.sock\nto stderr\n" {
		t.Errorf("%q, %v", out, err)
	}
	if _, err := ranCommand(t, `run: echo why; exit 3`); err == nil || !strings.Contains(err.Error(), "exit code 3") || !strings.Contains(err.Error(), "why") {
		t.Errorf("a command that fails: %v", err)
	}
	out, err = ranCommand(t, `run: head -c 1000000 /dev/zero | tr '\0' x; echo end`)
	if err != nil || len(out) > 70_000 || !strings.HasSuffix(out, "xend\n") || !strings.HasPrefix(out, "(") {
		t.Errorf("a flood of output: %d bytes, %v", len(out), err)
	}
}

// A command that hangs is ended with all that it started, at the step's
// timeout.
func TestRunCommandThatHangs(t *testing.T) {
	pid := filepath.Join(t.TempDir(), "pid")
	_, err := ranCommand(t, "run: 'sleep 1000 & echo $! > "+pid+"; wait'\n    timeout: 300ms")
	if err == nil || !strings.Contains(err.Error(), "not done within 300ms") {
		t.Fatalf("%v", err)
	}
	data, err := os.ReadFile(pid)
	if err != nil {
		t.Fatal(err)
	}
	for range 200 {
		stat, err := os.ReadFile("/proc/" + strings.TrimSpace(string(data)) + "/stat")
		if err != nil || strings.Contains(string(stat), ") Z ") {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Error("what the command started still runs")
}
