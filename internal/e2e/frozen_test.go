package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"halab/internal/verify"
)

// A HAProxy that stands still by itself is no fault of the host's, however much
// that has to do; without that the same host gives no FAIL.
func TestAFrozenHAProxyOnABusyHost(t *testing.T) {
	m := newMachine(t)
	for _, c := range []struct {
		name, freezes string
		fails         bool
	}{
		{"frozen", `for f in $(grep -lF "${HALAB_STATS_SOCKET%/*}/haproxy.cfg" /proc/[0-9]*/cmdline); do
          p=${f#/proc/}; p=${p%/*}; kill -STOP "$p" 2>/dev/null && stopped="$stopped $p"
        done; sleep 3; kill -CONT $stopped`, true},
		{"busy", `sleep 3`, false},
	} {
		path := filepath.Join(m.dir, c.name+".yaml")
		if err := os.WriteFile(path, []byte(strings.Replace(besideLoad, "FREEZES", c.freezes, 1)), 0o600); err != nil {
			t.Fatal(err)
		}
		e := m.ends(t, &beside, "run", path, "--runtime", "process", "--no-self-test", "--json", "--out", filepath.Join(m.dir, c.name))
		var v verify.Verdict
		if err := json.Unmarshal([]byte(e.stdout), &v); err != nil {
			t.Fatalf("%v: %s%s", err, e.stdout, e.stderr)
		}
		if fails := v.Result == verify.Fail; fails != c.fails {
			t.Errorf("%s: %s: %q", c.name, v.Result, v.Reasons)
		}
	}
}

// Its step keeps every processor and the disk busy meanwhile, and for a bounded
// time.
var besideLoad = strings.Replace(head, "OPTION", "", 1) + `
      - {name: nginx1, address: 127.0.0.1:81, nginx: 1.22.1}
traffic: {before: 1s, after: 1s, timeout: 2s, new: {rate: 50}, kept: {rate: 50, connections: 4}}
steps:
  - run:
      looks: true
      command: |
        for i in $(seq $((4 * $(nproc)))); do timeout 4 sh -c 'while :; do :; done' & done
        timeout 4 sh -c 'while :; do dd if=/dev/zero of="$0/filler" bs=1M count=64 conv=fsync 2>/dev/null; done' "$HALAB_OUT" &
        FREEZES
        wait
        rm -f "$HALAB_OUT/filler"
        true
`
