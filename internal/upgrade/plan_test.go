package upgrade_test

import (
	"fmt"
	"strings"
	"testing"

	"halab/internal/scenario"
	"halab/internal/upgrade"
)

const manyServers = `apiVersion: halab/v1
name: plan
haproxy: {version: "2.6"}
backends:
  - name: bk
    servers:
      - {name: a, address: 127.0.0.1:81, nginx: 1.18.0, check: true}
      - {name: b, address: 127.0.0.1:82, nginx: 1.18.0, check: true}
      - {name: c, address: 127.0.0.1:83, nginx: 1.18.0, check: true}
frontends:
  - {name: app, bind: ":80", default_backend: bk}
steps:
`

// planned writes a plan as its simple steps, those of a group indented.
func planned(t *testing.T, steps string) string {
	t.Helper()
	s, err := scenario.Parse("plan.yaml", []byte(manyServers+steps), upgrade.Kinds())
	if err != nil {
		t.Fatal(err)
	}
	plan, err := upgrade.Compile(s, s.Steps, 1)
	if err != nil {
		t.Fatal(err)
	}
	return "\n" + written(plan, "")
}

func written(plan upgrade.Plan, indent string) string {
	var out strings.Builder
	for _, p := range plan {
		if p.Lanes == nil {
			fmt.Fprintf(&out, "%s%d %s\n", indent, p.Index, p.Text)
		}
		for i, lane := range p.Lanes {
			fmt.Fprintf(&out, "%s%s %d\n%s", indent, p.Kind, i+1, written(lane, indent+"  "))
		}
	}
	return out.String()
}

func TestPlan(t *testing.T) {
	for _, tt := range []struct{ name, steps, want string }{
		{"rolling by two", `  - rolling: {backend: bk, nginx: 1.22.1, batch: 2}`, `
1 maint: bk/a
2 maint: bk/b
3 wait: {server: bk/a, sessions: 0, within: 30s}
4 wait: {server: bk/b, sessions: 0, within: 30s}
5 replace: {server: bk/a, nginx: 1.22.1}
6 replace: {server: bk/b, nginx: 1.22.1}
7 ready: bk/a
8 ready: bk/b
9 expect: {server: bk/a, state: UP, within: 30s}
10 expect: {server: bk/b, state: UP, within: 30s}
11 maint: bk/c
12 wait: {server: bk/c, sessions: 0, within: 30s}
13 replace: {server: bk/c, nginx: 1.22.1}
14 ready: bk/c
15 expect: {server: bk/c, state: UP, within: 30s}
`},
		{"canary", `  - canary: {server: a, weights: [1, 50], hold: 1s}`, `
1 ready: bk/a
2 expect: {server: bk/a, state: UP, within: 30s}
3 weight: {server: bk/a, value: 1}
4 wait: 1s
5 expect: {server: bk/a, state: UP, within: 30s}
6 weight: {server: bk/a, value: 50}
7 wait: 1s
8 expect: {server: bk/a, state: UP, within: 30s}
`},
		{"blue and green", `  - blue_green: {blue: [a], green: [b], drain: 5s}`, `
1 ready: bk/b
2 expect: {server: bk/b, state: UP, within: 30s}
3 maint: bk/a
4 wait: {server: bk/a, sessions: 0, within: 5s}
`},
		{"repeat and parallel", `  - repeat: {times: 2, steps: [{maint: a}, {ready: a}]}
  - parallel: {steps: [{maint: b}, {repeat: {times: 1, steps: [{wait: 1s}, {ready: c}]}}]}
  - wait: 1s`, `
1 maint: a
2 ready: a
3 maint: a
4 ready: a
parallel 1
  5 maint: b
parallel 2
  6 wait: 1s
  7 ready: c
8 wait: 1s
`},
		{"a timeout together", `  - repeat: {times: 1, steps: [{maint: a}, {repeat: {times: 1, steps: [{ready: a}]}}]}
    timeout: 5s
  - wait: 1s`, `
repeat 1
  1 maint: a
  2 ready: a
3 wait: 1s
`},
	} {
		if got := planned(t, tt.steps); got != tt.want {
			t.Errorf("%s:%s\nwant%s", tt.name, got, tt.want)
		}
	}
}

// What a compound step cannot do is a mistake at its place.
func TestCompoundMistakes(t *testing.T) {
	for _, tt := range []struct{ step, want string }{
		{`rolling: {nginx: 1.22.1}`, "does not say which servers"},
		{`rolling: {backend: other, nginx: 1.22.1}`, `unknown backend "other"`},
		{`rolling: {backend: bk, nginx: 1.22.1, batch: 3}`, "takes all 3 servers out at once"},
		{`rolling: {backend: bk, servers: [a], nginx: 1.22.1}`, "both a backend and servers"},
		{`blue_green: {blue: [a], green: [d]}`, `unknown server "d"`},
		{`repeat: {times: 2, steps: [{maint: d}]}`, `unknown server "d"`},
		{`parallel: {steps: [{repeat: {times: 1, steps: [{stop: d}]}}]}`, `unknown server "d"`},
	} {
		_, err := scenario.Parse("plan.yaml", []byte(manyServers+"  - "+tt.step+"\n"), upgrade.Kinds())
		if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), "plan.yaml:13:") {
			t.Errorf("%s: %v; want line 13 and %q", tt.step, err, tt.want)
		}
	}
}

func TestStepTimeout(t *testing.T) {
	s, err := scenario.Parse("plan.yaml", []byte(manyServers+"  - wait: 1s\n    timeout: 5s\non-failure:\n  - ready: a\n"), upgrade.Kinds())
	if err != nil {
		t.Fatal(err)
	}
	if got := s.Steps[0].Timeout.String(); got != "5s" {
		t.Errorf("timeout %s, want 5s", got)
	}
	if len(s.OnFailure) != 1 || s.OnFailure[0].Text != "ready: a" {
		t.Errorf("on-failure %+v", s.OnFailure)
	}
}
