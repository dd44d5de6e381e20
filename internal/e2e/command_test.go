package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// commanded is a scenario whose procedure is a script.
const commanded = `apiVersion: halab/v1
name: commanded
haproxy: {version: "2.6"}
backends:
  - name: bk_app
    servers:
      - {name: nginx1, address: 127.0.0.1:81, nginx: 1.22.1, check: true, backup: true}
      - {name: nginx2, address: 127.0.0.1:82, nginx: 1.18.0, check: true}
frontends:
  - {name: app, bind: ":80", default_backend: bk_app}
traffic:
  before: 300ms
  after: 300ms
  new: {rate: 20}
  download: {connections: 2, lasts: 1s}
expect: {max-gap: 30s}
steps:
  - run:
      touches: [bk_app/nginx2]
      command: |
`

// script writes the scenario with these lines as its script, and more keys of
// its step, and returns its path.
func (m *machine) script(t *testing.T, lines string, more ...string) string {
	t.Helper()
	path := filepath.Join(m.dir, "home", "commanded.yaml")
	text := commanded + "        " + strings.ReplaceAll(strings.TrimSpace(lines), "\n", "\n        ") + "\n"
	for _, key := range more {
		text += "    " + key + "\n"
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// leaves takes nginx2 out and starts what stays: in the script's group, in a
// session of its own, without the environment that it was given, and far away.
const leaves = `echo "set server bk_app/nginx2 state maint" | socat - "UNIX-CONNECT:$HALAB_STATS_SOCKET"
sleep 1001 &
setsid sleep 1002 &
env -i sleep 1003 &
cd / && setsid sleep 1004 >/dev/null 2>&1 &
`

// However a run ends, what its commands have left ends with it.
func TestWhatCommandsLeaveEndsWithTheLab(t *testing.T) {
	t.Parallel()
	onPath(t, "socat")
	eachRuntime(t, func(t *testing.T, runtime string) {
		m := newMachine(t)
		m.run(t, 0, "out", m.script(t, leaves), "--runtime", runtime)
		if left := m.left(t); len(left) > 0 {
			t.Fatalf("left:\n%s", strings.Join(left, "\n"))
		}
		hangs := m.script(t, leaves+"sleep 1005")
		signals := []syscall.Signal{syscall.SIGKILL, syscall.SIGINT}
		if runtime == "container" {
			signals = signals[:1] // INT removes the lab as a run that has ended does
		}
		for _, sig := range signals {
			out := "out-" + sig.String()
			cmd := m.command(t, "run", hangs, "--runtime", runtime, "--out", out)
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			await(t, "five that stay", func() bool {
				return strings.Count(strings.Join(m.processes(t), "\n"), ": sleep 100") == 5
			})
			if err := cmd.Process.Signal(sig); err != nil {
				t.Fatal(err)
			}
			_ = cmd.Wait()
			m.wantEmpty(t)
		}
	})
}

func await(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for begin := time.Now(); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Since(begin) > time.Minute {
			t.Fatalf("after a minute still not: %s", what)
		}
	}
}

// A script that takes HAProxy away has lost requests: that is a verdict.
func TestCommandKillsHAProxy(t *testing.T) {
	t.Parallel()
	onPath(t, "socat")
	m := newMachine(t)
	out := m.run(t, 1, "out", m.script(t, `kill -9 $(echo "show info" | socat - "UNIX-CONNECT:$HALAB_STATS_SOCKET" | sed -n 's/^Pid: //p')`), "--runtime", "process")
	for _, want := range []string{"requests lost on new", "HAProxy ended before the run did", "FAIL"} {
		if !strings.Contains(strings.Join(strings.Fields(out), " "), want) {
			t.Errorf("does not say %q:\n%s", want, out)
		}
	}
	if left := m.left(t); len(left) > 0 {
		t.Fatalf("left:\n%s", strings.Join(left, "\n"))
	}
}

// The scripts that ship do what they teach, and every report has what they
// wrote.
func TestScripts(t *testing.T) {
	t.Parallel()
	onPath(t, "socat")
	for name, wrote := range map[string]string{"script-flip": "nginx2 is in MAINT", "script-forgets-drain": "done"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachRuntime(t, func(t *testing.T, runtime string) {
				m := newMachine(t)
				m.rehearse(t, 0, name, "--runtime", runtime)
				for _, file := range []string{"report.json", "report.html", "summary.md", "history.jsonl"} {
					text, err := os.ReadFile(filepath.Join(m.dir, "home", "out-"+name, file))
					if err != nil || !strings.Contains(string(text), wrote) {
						t.Errorf("%s does not say %q: %v", file, wrote, err)
					}
				}
			})
		})
	}
}

// A playbook drains over the stats socket as it does in production, and loses
// nothing.
func TestPlaybook(t *testing.T) {
	t.Parallel()
	onPath(t, "ansible-playbook")
	m := newMachine(t)
	playbook, err := filepath.Abs("testdata/flip.playbook.yaml")
	if err != nil {
		t.Fatal(err)
	}
	out := m.run(t, 0, "out", m.script(t, "ansible-playbook -i localhost, "+playbook, "timeout: 2m"), "--runtime", "process", "--json")
	for _, want := range []string{`"verdict": "PASS"`, "changed=1", "failed=0"} {
		if !strings.Contains(out, want) {
			t.Errorf("does not say %q:\n%s", want, out)
		}
	}
}
