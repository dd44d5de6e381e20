package mutate

import (
	"fmt"
	"slices"
	"strings"

	"halab/internal/verify"
)

// By is what caught a mutant.
type By string

// What catches a mutant, the strongest first: harm to the traffic is seen
// without any expectation; what only an expectation of the scenario sees goes
// unseen where that is forgotten.
const (
	ByTraffic By = "traffic" // requests were lost or harmed
	ByRule    By = "rule"    // a rule that holds for every scenario, as that a server is drained before it is stopped
	ByRefusal By = "refusal" // it is no valid procedure, so it was not run
	ByExpect  By = "expect"  // a step expect, or a key of the scenario's expect, and nothing else
)

// expectations are the rules that a scenario has only by a key of its expect.
var expectations = []string{"capacity", "latency", "new version complete", "no flap back", "switch", "version in the end"}

// caughtBy says what caught a mutant whose verdict is not PASS.
func caughtBy(v *verify.Verdict) By {
	if v.Harmed() {
		return ByTraffic
	}
	expect := false
	for _, f := range v.Findings {
		switch {
		case f.Result != v.Result || f.Busy:
		case slices.Contains(expectations, f.Invariant), f.Invariant == "procedure" && atExpect(v, f.Step):
			expect = true
		default:
			return ByRule
		}
	}
	if expect {
		return ByExpect
	}
	return ByRule
}

// atExpect reports whether a step is an expect.
func atExpect(v *verify.Verdict, index int) bool {
	return slices.ContainsFunc(v.Steps, func(s verify.Step) bool {
		return s.Index == index && (s.Text == "expect" || strings.HasPrefix(s.Text, "expect:"))
	})
}

// Summary says in a sentence what became of mutants and what that means.
func Summary(judged []Judged) string {
	outcomes, by := map[Outcome]int{}, map[By]int{}
	for _, j := range judged {
		outcomes[j.Outcome]++
		by[j.By]++
	}
	text := fmt.Sprintf("%d of %d mutants %s caught", outcomes[Caught], len(judged), choose(outcomes[Caught], "was", "were"))
	var parts []string
	for _, w := range []struct {
		by   By
		text string
	}{
		{ByTraffic, "by the traffic"},
		{ByRule, "by a rule of every run"},
		{ByRefusal, "before it ran"},
		{ByExpect, "only by its own expect"},
	} {
		if n := by[w.by]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, w.text))
		}
	}
	if len(parts) > 0 {
		text += ": " + strings.Join(parts, ", ")
	}
	if n := outcomes[Equivalent]; n > 0 {
		text += fmt.Sprintf("; %d %s no difference to clients", n, choose(n, "makes", "make"))
	}
	if n := outcomes[Undecided]; n > 0 {
		text += fmt.Sprintf("; %d %s undecided: this machine was too busy, or the run broke off", n, choose(n, "was", "were"))
	}
	if n := outcomes[Missed]; n > 0 {
		return text + fmt.Sprintf("; %d %s missed, so this test would pass the same mistake in the procedure.", n, choose(n, "was", "were"))
	}
	return text + "; none was missed."
}

// choose is the word that goes with one, or the one that goes with several.
func choose(n int, one, several string) string {
	if n == 1 {
		return one
	}
	return several
}
