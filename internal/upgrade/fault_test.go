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

// TestOwnCommands finds a command of the user's wherever it stands.
func TestOwnCommands(t *testing.T) {
	for steps, want := range map[string]bool{
		"  - maint: a\n":       false,
		"  - run: ./flip.sh\n": true,
		"  - parallel: {steps: [{maint: b}, {repeat: {times: 2, steps: [{run: ls}]}}]}\n": true,
		"  - wait: 1s\non-failure:\n  - run: ./back.sh\n":                                 true,
	} {
		s, err := scenario.Parse("commands.yaml", []byte(manyServers+steps), upgrade.Kinds())
		if err != nil {
			t.Fatal(err)
		}
		if got := upgrade.OwnCommands(s); got != want {
			t.Errorf("%s: %v, want %v", steps, got, want)
		}
	}
}
