package upgrade_test

import (
	"fmt"
	"testing"

	"halab/internal/scenario"
	"halab/internal/upgrade"
)

// TestFaulted finds the servers of fault steps wherever they stand, each once.
func TestFaulted(t *testing.T) {
	for _, c := range []struct{ steps, want string }{
		{"  - maint: a\n", "[]"},
		{"  - cut: bk/a\n  - heal: a\n", "[bk/a]"},
		{"  - parallel: {steps: [{cut: b}, {repeat: {times: 2, steps: [{latency: {server: a, delay: 1s}}]}}]}\n", "[bk/b bk/a]"},
		{"  - wait: 1s\non-failure:\n  - bandwidth: {server: c, rate: 1KB}\n", "[bk/c]"},
	} {
		s, err := scenario.Parse("faults.yaml", []byte(manyServers+c.steps), upgrade.Kinds())
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(upgrade.Faulted(s)); got != c.want {
			t.Errorf("%s: %s, want %s", c.steps, got, c.want)
		}
	}
}
