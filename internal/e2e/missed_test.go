package e2e

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"halab/internal/history"
	"halab/internal/rehearse"
	"halab/internal/scenario"
	"halab/internal/upgrade"
	"halab/internal/verify"
)

// What other instruments report as success, each red here where it has to be.
// One more, a server that resets reused connections, is a test of the prober
// (internal/probe).
func TestWhatOthersMiss(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, scenario, invariant, text string }{
		// Every request is answered, one in two of them a second late.
		{"masked by retries", masked, "nothing masked", "answered only after HAProxy tried again"},
		// Status 200, and the body is short.
		{"cut under status 200", cutDownloads, "no failure", "truncated"},
		// A client that sends again by itself sees none of these.
		{"closed by reloads", reloads, "stale connections", "reused connection"},
		// Every request is answered. A client that waits for an answer before
		// it sends again sees one slow request.
		{"a server stands still", serverStill, "standstill", "s on stream"},
		{"HAProxy stands still", haproxyStill, "standstill", "s on new"},
	} {
		t.Run(strings.ReplaceAll(tt.name, " ", "_"), func(t *testing.T) {
			t.Parallel()
			seen := func(f verify.Finding) bool {
				return f.Invariant == tt.invariant && f.Result == verify.Fail && strings.Contains(f.Text, tt.text)
			}
			v := judged(t, rehearsedText(t, beside.RLocker(), "process", "missed", tt.scenario))
			for n := 1; n <= tries && slices.ContainsFunc(v.Findings, busy) && !slices.ContainsFunc(v.Findings, seen); n++ {
				t.Logf("the machine was too busy; run %d alone: %q", n, v.Reasons)
				v = judged(t, rehearsedText(t, &beside, "process", "missed", tt.scenario))
			}
			if v.Result != verify.Fail || !slices.ContainsFunc(v.Findings, seen) {
				t.Errorf("%s, and no finding %q is FAIL and says %q: %q", v.Result, tt.invariant, tt.text, v.Reasons)
			}
		})
	}
}

// busy tells a finding that is one of this machine, not of the scenario.
func busy(f verify.Finding) bool { return f.Busy }

func judged(t *testing.T, out string) *verify.Verdict {
	t.Helper()
	f, err := history.Open(filepath.Join(out, rehearse.HistoryFile))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	v, err := verify.Check(history.NewReader(f), func(file, text string) (*scenario.Scenario, error) {
		return scenario.Parse(file, []byte(text), upgrade.Kinds())
	})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

const head = `apiVersion: halab/v1
name: missed
haproxy:
  version: "2.6"
  defaults: {option: [OPTION], retries: 3}
frontends:
  - {name: app, bind: ":80", default_backend: bk_app}
backends:
  - name: bk_app
    servers:
`

var masked = strings.Replace(head, "OPTION", "redispatch 1", 1) + `
      - {name: nginx1, address: 127.0.0.1:81, nginx: 1.22.1, check: true, inter: 30s}
      - {name: nginx2, address: 127.0.0.1:82, nginx: 1.22.1, check: true, inter: 30s}
traffic: {before: 1s, after: 3s, new: {rate: 50}}
steps:
  - stop: bk_app/nginx2
`

var cutDownloads = strings.Replace(head, "OPTION", "", 1) + `
      - {name: nginx1, address: 127.0.0.1:81, nginx: 1.22.1, check: true, backup: true}
      - {name: nginx2, address: 127.0.0.1:82, nginx: 1.22.1, check: true}
traffic: {before: 2s, after: 1s, new: {rate: 20}, download: {connections: 4, lasts: 2s}}
steps:
  - maint: bk_app/nginx2
  - stop: bk_app/nginx2
`

var reloads = strings.Replace(head, "OPTION", "", 1) + `
      - {name: nginx1, address: 127.0.0.1:81, nginx: 1.22.1, check: true}
traffic: {before: 1s, after: 1s, new: {rate: 50}, kept: {rate: 200, connections: 20}}
steps:
  - repeat: {times: 3, steps: [{reload: {}}, {wait: 500ms}]}
`

var serverStill = strings.Replace(head, "OPTION", "http-no-delay", 1) + `
      - {name: nginx1, address: 127.0.0.1:81, nginx: 1.22.1}
traffic: {before: 1s, after: 1s, new: {rate: 20}, stream: {connections: 2, every: 200ms}}
steps:
  - pause: bk_app/nginx1
  - wait: 2s
  - resume: bk_app/nginx1
`

// HAProxy is whoever has the lab's directory in its command line.
var haproxyStill = strings.Replace(head, "OPTION", "", 1) + `
      - {name: nginx1, address: 127.0.0.1:81, nginx: 1.22.1}
traffic: {before: 1s, after: 1s, new: {rate: 50}, kept: {rate: 50, connections: 4}}
steps:
  - run: |
      lab=$(dirname "$HALAB_STATS_SOCKET")
      for p in /proc/[0-9]*; do
        if tr '\000' ' ' 2>/dev/null <$p/cmdline | grep -q "haproxy .*-f $lab/"; then pids="$pids ${p#/proc/}"; fi
      done
      kill -STOP $pids && sleep 2; kill -CONT $pids
`
