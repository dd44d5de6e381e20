package verify

import (
	"slices"

	"halab/internal/scenario"
)

// Cause says, as a colleague would, what a procedure did to lose or to prove
// nothing, and what would have helped. It is claimed on evidence alone: where
// no rule fires nothing is said.
type Cause struct {
	Name    string `json:"name"`              // of the rule: term-in-flight
	Step    int    `json:"step,omitempty"`    // the step that did it, from 1; 0: none
	Line    int    `json:"line,omitempty"`    // of that step in the scenario
	What    string `json:"what"`              // what happened, in a sentence
	Instead string `json:"instead,omitempty"` // what would have helped, in a sentence
}

// String is the cause in its two sentences.
func (c Cause) String() string {
	if c.Instead == "" {
		return c.What
	}
	return c.What + " " + c.Instead
}

// causeRule finds one cause. A Cause that says nothing has not been found.
type causeRule struct {
	name string
	find func(*evidence) Cause
}

// causeRules are the causes that halab knows, sorted by name. Each is held by
// an entry of the corpus that lists it, and fires in none that does not.
func causeRules() []causeRule {
	return []causeRule{
		{"all-out", allOut},
		{"backup-out", backupOut},
		{"came-back", cameBack},
		{"checks-too-slow", checksTooSlow},
		{"content-differs", contentDiffers},
		{"drain-too-short", drainTooShort},
		{"flip-before-up", flipBeforeUp},
		{"frontend-disabled", frontendDisabled},
		{"kill-in-flight", killInFlight},
		{"left-behind", leftBehind},
		{"masked-by-retries", maskedByRetries},
		{"moved-away", movedAway},
		{"never-flipped", neverFlipped},
		{"no-maintenance", noMaintenance},
		{"no-server-left", noServerLeft},
		{"not-drained", notDrained},
		{"nothing-done", nothingDone},
		{"paused-in-service", pausedInService},
		{"put-back", putBack},
		{"queue-timeout", queueTimeout},
		{"ready-too-early", readyTooEarly},
		{"refused-while-up", refusedWhileUp},
		{"reload-closes-kept", reloadClosesKept},
		{"reload-forgets-maint", reloadForgetsMaint},
		{"restarted", restarted},
		{"rollback-forgotten", rollbackForgotten},
		{"shutdown-sessions", shutdownSessions},
		{"tcp-keeps-connections", tcpKeepsConnections},
		{"term-in-flight", termInFlight},
		{"too-few-probes", tooFewProbes},
		{"too-many-out", tooManyOut},
		{"unchecked-server", uncheckedServer},
		{"waited-in-vain", waitedInVain},
		{"weight-zero", weightZero},
		{"wrong-version", wrongVersion},
		{"wrong-way-round", wrongWayRound},
	}
}

// explain finds the causes of a verdict that is not PASS, those of earlier
// steps first.
func explain(e *evidence) []Cause {
	out := []Cause{}
	for _, rule := range causeRules() {
		c := rule.find(e)
		if c.What == "" {
			continue
		}
		c.Name, c.Line = rule.name, e.run.lineOf(c.Step)
		out = append(out, c)
	}
	slices.SortStableFunc(out, func(a, b Cause) int { return a.Step - b.Step })
	return out
}

// CauseNames are the names that expect.causes may have, sorted.
func CauseNames() []string {
	var names []string
	for _, rule := range causeRules() {
		names = append(names, rule.name)
	}
	return names
}

// UnknownCause is the first cause that a scenario expects and that no rule
// ever finds: its index in expect.causes, or -1.
func UnknownCause(s *scenario.Scenario) int {
	known := CauseNames()
	return slices.IndexFunc(s.Expect.Causes, func(name string) bool { return !slices.Contains(known, name) })
}

// hasCauses tells whether the causes are those that are wanted, none of which
// means any.
func hasCauses(causes []Cause, want []string) bool {
	if len(want) == 0 {
		return true
	}
	var names []string
	for _, c := range causes {
		names = append(names, c.Name)
	}
	slices.Sort(names)
	return slices.Equal(names, slices.Sorted(slices.Values(want)))
}
