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
// nothing, and has proved nothing: HAProxy's log says that they were served.
func TestAStoppedHalabBlamesNobody(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	path := filepath.Join(m.dir, "asleep.yaml")
	if err := os.WriteFile(path, []byte(asleep), 0o600); err != nil {
		t.Fatal(err)
	}
	var v verify.Verdict
	// HAProxy has to be done with the downloads at once, so it needs its processor.
	out := m.alone(t, inconclusive, "run", path, "--runtime", "process", "--no-self-test", "--no-expect-verdict", "--json", "--out", filepath.Join(m.dir, "asleep"))
	if err := json.Unmarshal([]byte(out), &v); err != nil {
		t.Fatal(err)
	}
	for _, f := range v.Findings {
		if f.Invariant == "decided" && strings.Contains(f.Text, "the prober stood still") {
			return
		}
	}
	t.Errorf("nothing was in flight while halab stood still: %q", v.Reasons)
}

// Its step stops whoever started it, which is halab. The downloads fit into
// the buffers of a socket, so that HAProxy is done with them at once.
var asleep = strings.Replace(head, "OPTION", "", 1) + `
      - {name: nginx1, address: 127.0.0.1:81, nginx: 1.22.1}
traffic: {before: 1s, after: 1s, timeout: 400ms, new: {rate: 50}, download: {connections: 4, size: 262144, lasts: 200ms}}
steps:
  - run: kill -STOP $PPID; sleep 0.7; kill -CONT $PPID
`
