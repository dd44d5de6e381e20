package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// byHandScenario is the walkthrough whose one step somebody does by hand. The
// twin asks for nginx1, the backup, which serves nobody.
const byHandScenario = `apiVersion: halab/v1
name: by-hand
haproxy: {version: "2.6"}
backends:
  - name: bk_app
    servers:
      - {name: nginx1, address: 127.0.0.1:81, nginx: 1.22.1, check: true, backup: true}
      - {name: nginx2, address: 127.0.0.1:82, nginx: 1.18.0, check: true}
frontends: [{name: app, bind: ":80", default_backend: bk_app}]
traffic: {before: 700ms, after: 1s, new: {rate: 50}, kept: {rate: 50, connections: 5}}
steps:
  - manual: {text: "press F10 on SERVER in HATop", until: {server: bk_app/SERVER, state: MAINT}}
  - wait: 1s
expect:
  max-gap: 20s
  switch: {from: bk_app/nginx2, to: bk_app/nginx1, within: 20s}
`

// TestManual: an operator does the step of a run by hand in HATop, on the socket
// that the run shows. The run goes on when it sees the change, and judges what
// was done: nginx2 out of service moves the traffic, nginx1, which serves
// nobody, moves nothing and proves nothing. No advice about touches is given: the
// step itself says what it waits for.
func TestManual(t *testing.T) {
	hatop := onPath(t, "hatop")
	onPath(t, "tmux")
	for server, want := range map[string]string{"nginx2": "PASS", "nginx1": "INCONCLUSIVE"} {
		t.Run(server, func(t *testing.T) {
			m := newMachine(t)
			home := filepath.Join(m.dir, "home")
			text := strings.ReplaceAll(byHandScenario, "SERVER", server)
			if err := os.WriteFile(filepath.Join(home, "by-hand.yaml"), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			argv := append([]string{"env", "-C", home}, m.env[len(os.Environ()):]...)
			argv = append(argv, program, "run", "by-hand.yaml", "--runtime", "process", "--no-self-test", "--out", "out")
			run := newTerminal(t, 120, 40, argv...)
			run.run(t, "set-option", "remain-on-exit", "on")
			run.waitFor(t, "what is to be done", shows(`press F10 on `+server+` in HATop`))
			socket := regexp.MustCompile(`hatop -s (\S+/admin\.sock)`)
			run.waitFor(t, "the line for HATop, whole", socket.MatchString)

			hands := newTerminal(t, 120, 40, hatop, "-i", "1", "-s", socket.FindStringSubmatch(run.screen(t))[1])
			hands.selectServer(t, server)
			hands.press(t, "F10")
			run.waitFor(t, "the verdict", shows(`^`+want+`\b`))

			report, err := os.ReadFile(filepath.Join(home, "out", "report.json"))
			var v struct {
				Verdict string
				Reasons []string
			}
			if err == nil {
				err = json.Unmarshal(report, &v)
			}
			if err != nil || v.Verdict != want || strings.Contains(strings.Join(v.Reasons, "\n"), "touches") {
				t.Errorf("%v: %+v, want %s", err, v, want)
			}
		})
	}
}
