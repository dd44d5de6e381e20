package verify

import (
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
