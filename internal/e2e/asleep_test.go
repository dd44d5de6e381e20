package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"halab/internal/verify"
)

// A halab that is stopped for longer than its requests may take has lost
// nothing, and has proved nothing. Either HAProxy's log says that they were
// served, or HAProxy could not get rid of an answer that nobody read.
func TestAStoppedHalabBlamesNobody(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	path := filepath.Join(m.dir, "asleep.yaml")
	if err := os.WriteFile(path, []byte(asleep), 0o600); err != nil {
		t.Fatal(err)
	}
	var v verify.Verdict
	out := m.halab(t, inconclusive, "run", path, "--runtime", "process", "--no-self-test", "--no-expect-verdict", "--json", "--out", filepath.Join(m.dir, "asleep"))
	if err := json.Unmarshal([]byte(out), &v); err != nil {
		t.Fatal(err)
	}
	for _, f := range v.Findings {
		if f.Invariant == "decided" && f.Lane == "download" {
			return
		}
	}
	t.Errorf("no download was in flight while halab stood still: %q", v.Reasons)
}

// Its step stops whoever started it, which is halab. The downloads do not fit
// into the buffers of a socket, so that HAProxy waits for halab with them.
var asleep = strings.Replace(head, "OPTION", "", 1) + `
      - {name: nginx1, address: 127.0.0.1:81, nginx: 1.22.1}
traffic: {before: 1s, after: 1s, timeout: 2s, new: {rate: 50}, download: {connections: 1, size: 16777216, lasts: 500ms}}
steps:
  - run: {looks: true, command: "kill -STOP $PPID; sleep 3; kill -CONT $PPID"}
`
