package verify

import (
	"strings"
	"testing"

	"halab/internal/history"
)

// What was neither answered nor lost ends no outage.
func TestOutageIsEndedByAnAnswerAlone(t *testing.T) {
	dark := func(within func(*request)) func(*request) {
		return func(r *request) {
			switch {
			case r.Lane != "kept" || r.Intended < 1200*ms || r.Intended >= 1500*ms:
			case r.ID == "kept-136":
				within(r)
			default:
				lose(r, history.Refused)
			}
		}
	}
	whole, half := "the longest outage on kept was 300ms (± 10ms), from 1.201s", "the longest outage on kept was 150ms (± 10ms), from 1.201s"
	runCases(t, []verdictCase{
		{"a stale one", build{expect: "stale: 1", request: dark(stalled)}, Fail, "outage", whole},
		{"an undecided one", build{request: dark(func(r *request) { r.Log.Status = 503 })}, Fail, "outage", whole},
		{"one that was not sent", build{request: dark(func(r *request) { lose(r, history.Unsent) })}, Fail, "outage", whole},
		{"an answer", build{request: dark(func(*request) {})}, Fail, "outage", half},
	})
}

// Of two servers one is dead, and HAProxy sends to each in turn: the longest
// outage is that of one request.
func TestOutageOfEveryOtherRequest(t *testing.T) {
	every := func(n int, of string) func(*request) {
		seen := 0
		return func(r *request) {
			if r.Lane != of || r.Intended < 1200*ms || r.Intended >= 1500*ms {
				return
			}
			if seen++; seen%n == 1 {
				lose(r, history.Refused)
			}
		}
	}
	twice := func(r *request) {
		if r.ID == "kept-130" || r.ID == "kept-132" {
			lose(r, history.Refused)
		}
	}
	for _, c := range []struct {
		verdictCase
		not string
	}{
		{verdictCase{"every second", build{request: every(2, "kept")}, Fail, "outage",
			"the longest outage on kept was 10ms (± 10ms), from 1.201s; losses and answers alternated from 1.201s to 1.481s: 15 of 29 requests lost, every other one answered by bk/new"}, ""},
		{verdictCase{"every ninth", build{request: every(9, "kept")}, Fail, "outage", "alternated from 1.201s to 1.471s: 4 of 28 requests lost"}, ""},
		{verdictCase{"every tenth", build{request: every(10, "kept")}, Fail, "outage", "10ms"}, "alternated"},
		{verdictCase{"two alone", build{request: twice}, Fail, "outage", "10ms"}, "alternated"},
		{verdictCase{"of two servers that answered", build{request: both(every(3, "kept"), only("kept-122", func(r *request) { answerOf(r, "other") }))}, Fail, "outage", "10 of 28 requests lost"}, "answered by"},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := c.check(t)
			v.wants(t, c.want, c.invariant, c.text)
			for _, f := range v.find("outage", Fail) {
				if c.not != "" && strings.Contains(f.Text, c.not) {
					t.Error(f.Text)
				}
			}
		})
	}
}
