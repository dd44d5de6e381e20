package verify

import (
	"strings"
	"testing"

	"halab/internal/history"
)

// cut makes a request that was sent before the command and broke after it.
func cut(r *request) {
	r.Outcome, r.Got, r.Want, r.Error = history.Truncated, 100, 4000, "unexpected EOF"
	r.Done = command + 20*ms
}

// long makes a request that was under way at the command and ended whole.
func long(r *request) { r.Done = command + 20*ms }

func TestInFlight(t *testing.T) {
	runCases(t, []verdictCase{
		{"whole", build{request: only("new-99", long)}, Pass, "in flight", "1 request was under way when a step acted, and ended whole"},
		{"cut", build{request: only("new-99", cut)}, Fail, "in flight", "1 of 1 request under way when step 1 acted did not end whole"},
		{"cut within the budget", build{expect: "lost: 1", request: only("new-99", cut)}, Pass, "in flight", "1 of 1 request under way"},
		{"lost before the command", build{expect: "lost: 1", request: only("new-50", func(r *request) { lose(r, history.Reset) })}, Pass, "in flight", "0 requests"},
	})
}

// What breaks under way is told with the step after which it broke, not with
// the one after which it was sent.
func TestCutIsOfTheStepThatCutIt(t *testing.T) {
	v := build{request: only("new-99", cut)}.check(t)
	if len(v.Lost) != 1 || v.Lost[0].Step != 1 || v.Steps[0].Lost != 1 {
		t.Errorf("lost %+v, steps %+v", v.Lost, v.Steps)
	}
	for _, f := range v.find("no failure", Fail) {
		if !strings.Contains(f.Text, "after step 1 maint: bk/old") {
			t.Error(f.Text)
		}
	}
}
