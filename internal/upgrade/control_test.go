package upgrade_test

import (
	"errors"
	"strings"
	"testing"

	"halab/internal/scenario"
	"halab/internal/upgrade"
)

func controlOf(t *testing.T, steps string) (plan, what string, err error) {
	t.Helper()
	s, err := scenario.Parse("plan.yaml", []byte(manyServers+steps), upgrade.Kinds())
	if err != nil {
		t.Fatal(err)
	}
	c, what, err := upgrade.Control(s)
	if err != nil {
		return "", "", err
	}
	if string(c.Source) != string(s.Source) {
		t.Error("the control has another text than its scenario")
	}
	compiled, err := upgrade.Compile(c, c.Steps, 1)
	if err != nil {
		t.Fatal(err)
	}
	return "\n" + written(compiled, ""), what, nil
}

// A control must get to what the protection makes room for: nothing that waits
// for the state which now never comes stands in its way.
func TestControl(t *testing.T) {
	for _, tt := range []struct{ name, steps, want, what string }{
		{"drained and ended", `
  - expect: {header: nginx/1.18.0}
  - maint: bk/a
  - expect: {server: bk/a, state: MAINT}
  - expect: {server: bk/a, sessions: 0}
  - expect: {header: nginx/1.22.1}
  - expect: {server: bk/b, state: UP}
  - quit: bk/a
  - expect: {server: bk/a, state: MAINT}
  - expect: {header: nginx/1.22.1}
`, `
1 expect: {header: nginx/1.18.0}
2 expect: {server: bk/b, state: UP}
3 quit: bk/a
4 expect: {header: nginx/1.22.1}
`, "without step 2 maint: bk/a"},
		{"nothing ends the server", `
  - maint: bk/a
  - expect: {server: bk/a, state: MAINT}
  - expect: {header: nginx/1.22.1}
`, `
1 stop: bk/a
2 expect: {header: nginx/1.22.1}
`, "with stop: bk/a in place of step 1 maint: bk/a"},
		{"drained first, and then in maintenance", `
  - drain: bk/a
  - expect: {server: bk/a, sessions: 0}
  - maint: bk/a
  - replace: {server: bk/a, nginx: 1.22.1}
  - ready: bk/a
`, `
1 quit: bk/a
2 wait: 2s
3 start: {server: bk/a, nginx: 1.22.1}
4 ready: bk/a
`, "without step 1 drain: bk/a and step 3 maint: bk/a and with servers away for 2s"},
		{"the second flip", `
  - maint: bk/a
  - ready: bk/a
  - drain: bk/a
  - kill: bk/a
`, `
1 maint: bk/a
2 ready: bk/a
3 kill: bk/a
`, "without step 3 drain: bk/a"},
		{"rolling", `
  - rolling: {servers: [bk/a, bk/b], nginx: 1.22.1}
`, `
1 quit: bk/a
2 wait: 2s
3 start: {server: bk/a, nginx: 1.22.1}
4 ready: bk/a
5 expect: {server: bk/a, state: UP, within: 30s}
6 quit: bk/b
7 wait: 2s
8 start: {server: bk/b, nginx: 1.22.1}
9 ready: bk/b
10 expect: {server: bk/b, state: UP, within: 30s}
`, "without maintenance in step 1 rolling: {servers: [bk/a, bk/b], nginx: 1.22.1} and with servers away for 2s"},
		{"blue and green", `
  - blue_green: {blue: [bk/a, bk/b], green: [bk/c]}
`, `
1 ready: bk/c
2 expect: {server: bk/c, state: UP, within: 30s}
3 stop: bk/a
4 stop: bk/b
`, "with stop: bk/a, stop: bk/b in place of maintenance in step 1 blue_green: {blue: [bk/a, bk/b], green: [bk/c]}"},
		{"a canary before", `
  - canary: {server: bk/b, weights: [10], hold: 1s}
  - maint: bk/a
`, `
1 ready: bk/b
2 expect: {server: bk/b, state: UP, within: 30s}
3 weight: {server: bk/b, value: 10}
4 wait: 1s
5 expect: {server: bk/b, state: UP, within: 30s}
6 stop: bk/a
`, "with stop: bk/a in place of step 2 maint: bk/a"},
		{"side by side", `
  - parallel:
      steps:
        - repeat: {times: 2, steps: [{maint: bk/a}, {expect: {server: bk/a, sessions: 0}}, {stop: bk/a}, {start: bk/a}, {ready: bk/a}]}
        - wait: 1s
`, `
parallel 1
  1 stop: bk/a
  2 wait: 2s
  3 start: bk/a
  4 ready: bk/a
  5 stop: bk/a
  6 wait: 2s
  7 start: bk/a
  8 ready: bk/a
parallel 2
  9 wait: 1s
`, "without maintenance in step 1 parallel: {steps: [{repeat: {times: 2, steps: [{maint: bk/a}, {expect: {server: bk/a, sessions: 0}}, {stop: bk/a}, {start: bk/a}, {ready: bk/a}]}}, {wait: 1s}]} and with servers away for 2s"},
		{"a step that is named", `
  - maint: bk/a
  - expect: {server: bk/a, sessions: 0}
  - stop: bk/a
protecting-step: 2
`, `
1 maint: bk/a
2 stop: bk/a
`, "without step 2 expect: {server: bk/a, sessions: 0}"},
	} {
		t.Run(strings.ReplaceAll(tt.name, " ", "_"), func(t *testing.T) {
			got, what, err := controlOf(t, tt.steps)
			if err != nil || got != tt.want || what != tt.what {
				t.Errorf("%v\n%s%s\nwant\n%s%s", err, got, what, tt.want, tt.what)
			}
		})
	}
}

func TestNothingProtects(t *testing.T) {
	for _, tt := range []struct{ name, steps, want string }{
		{"reload", "  - reload: {}\n", "how one HAProxy hands over to another"},
		{"canary", "  - canary: {server: bk/b, weights: [10]}\n", "name the one that protects with protecting-step: N, or write the control as a scenario of its own"},
		{"no such step", "  - maint: bk/a\nprotecting-step: 2\n", "protecting-step names step 2, and the last is 1"},
	} {
		if _, _, err := controlOf(t, tt.steps); !errors.Is(err, upgrade.ErrNothingProtects) || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

// What the control waits is in no bound of the procedure: a group that it
// changes has none, and another keeps its own.
func TestControlTimeout(t *testing.T) {
	s, err := scenario.Parse("plan.yaml", []byte(manyServers+`
  - parallel: {steps: [{canary: {server: bk/b, weights: [10]}}, {wait: 1s}]}
    timeout: 20s
  - parallel: {steps: [{maint: bk/a}, {wait: 1s}]}
    timeout: 20s
`), upgrade.Kinds())
	if err != nil {
		t.Fatal(err)
	}
	c, _, err := upgrade.Control(s)
	if err != nil {
		t.Fatal(err)
	}
	if got := c.Steps[0].Timeout.String(); got != "20s" {
		t.Errorf("the canary has %s", got)
	}
	if got := c.Steps[1].Timeout; got != 0 {
		t.Errorf("what was changed has %s", got)
	}
}
