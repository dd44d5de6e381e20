package mutate

import (
	"testing"

	"halab/internal/verify"
)

// What catches a mutant: harm outweighs the rest, and an expectation counts
// only where it is alone.
func TestCaughtBy(t *testing.T) {
	lost := verify.Finding{Invariant: "no failure", Result: verify.Fail, Step: 2, First: 10, Last: 20}
	step := verify.Finding{Invariant: "procedure", Result: verify.Fail, Step: 1}
	other := verify.Finding{Invariant: "procedure", Result: verify.Fail, Step: 2}
	version := verify.Finding{Invariant: "version in the end", Result: verify.Fail}
	undrained := verify.Finding{Invariant: verify.DrainedName, Result: verify.Fail}
	doubt := verify.Finding{Invariant: "decided", Result: verify.Inconclusive}
	unswitched := verify.Finding{Invariant: "switch", Result: verify.Inconclusive}
	early := lost
	early.First, early.Last = 1, 2
	for _, tt := range []struct {
		name     string
		result   verify.Result
		findings []verify.Finding
		want     By
	}{
		{"lost", verify.Fail, []verify.Finding{lost}, ByTraffic},
		{"lost, and its expect failed", verify.Fail, []verify.Finding{step, version, lost}, ByTraffic},
		{"lost before any command", verify.Fail, []verify.Finding{early}, ByRule},
		{"a step expect failed", verify.Fail, []verify.Finding{step, doubt}, ByExpect},
		{"another step failed", verify.Fail, []verify.Finding{other}, ByRule},
		{"the version", verify.Fail, []verify.Finding{version}, ByExpect},
		{"the version, and not drained", verify.Fail, []verify.Finding{version, undrained}, ByRule},
		{"no switch", verify.Inconclusive, []verify.Finding{unswitched}, ByExpect},
		{"not decided", verify.Inconclusive, []verify.Finding{unswitched, doubt}, ByRule},
	} {
		v := &verify.Verdict{Result: tt.result, Findings: tt.findings, Steps: []verify.Step{
			{Index: 1, Text: "expect: {server: b, state: UP}"}, {Index: 2, Text: "start: b", Command: 5}}}
		if got := caughtBy(v); got != tt.want {
			t.Errorf("%s: caught by %s, want %s", tt.name, got, tt.want)
		}
	}
}

func TestSummary(t *testing.T) {
	caught := func(by By) Judged { return Judged{Outcome: Caught, By: by} }
	for _, tt := range []struct {
		judged []Judged
		want   string
	}{
		{[]Judged{caught(ByTraffic), caught(ByTraffic), caught(ByExpect), {Outcome: Equivalent}},
			"3 of 4 mutants were caught: 2 by the traffic, 1 only by its own expect; 1 makes no difference to clients; none was missed."},
		{[]Judged{caught(ByRefusal), caught(ByRule), {Outcome: Undecided}, {Outcome: Missed}},
			"2 of 4 mutants were caught: 1 by a rule of every run, 1 before it ran; 1 was undecided: this machine was too busy, or the run broke off; 1 was missed, so this test would pass the same mistake in the procedure."},
		{[]Judged{{Outcome: Missed}}, "0 of 1 mutants were caught; 1 was missed, so this test would pass the same mistake in the procedure."},
	} {
		if got := Summary(tt.judged); got != tt.want {
			t.Errorf("got  %s\nwant %s", got, tt.want)
		}
	}
}
