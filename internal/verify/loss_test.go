package verify

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"

	"halab/internal/haproxy"
	"halab/internal/history"
)

type (
	request = history.Request
	state   = haproxy.TerminationState
)

// outcomes are those of a lost request, and one that nobody knows.
var outcomes = []history.Outcome{
	history.Refused, history.ConnectTimeout, history.Reset, history.Closed, history.Truncated, history.WrongBody,
	history.Proxy5xx, history.Server5xx, history.BadStatus, history.Timeout, history.Malformed,
	"in flight", "unreachable", "", "OK", "ok ", "tea time",
}

// only changes the request with this id.
func only(id string, change func(*request)) func(*request) {
	return func(r *request) {
		if r.ID == id {
			change(r)
		}
	}
}

func TestEveryLossFails(t *testing.T) {
	for _, o := range outcomes {
		for _, id := range []string{"poll-2", "new-1", "new-100", "new-201", "kept-150"} {
			v := build{request: only(id, func(r *request) { lose(r, o) })}.check(t)
			if v.Result != Fail || v.LostAll != 1 || len(v.Lost) != 1 || v.Lost[0].ID != id {
				t.Errorf("%q on %s: %s, %d lost", o, id, v.Result, v.LostAll)
			}
			if f := v.find("no failure", Fail); len(f) != 1 || !strings.HasPrefix(id, f[0].Lane) {
				t.Errorf("%q on %s: %+v", o, id, f)
			}
		}
	}
}

func TestLoss(t *testing.T) {
	lost := func(n int) func(*request) {
		return func(r *request) {
			if r.Lane == "new" && r.Intended > 1500*ms && n > 0 {
				n--
				lose(r, history.Reset)
			}
		}
	}
	runCases(t, []verdictCase{
		{"names step and cause", build{request: lost(3)}, Fail, "no failure", "3 of 201 requests lost on new: 3 reset; the first at 1.502s, after step 1 maint: bk/old"},
		{"before any step", build{request: only("new-2", func(r *request) { lose(r, history.Reset) })}, Fail, "no failure", "1 of 201 requests lost on new: 1 reset; the first at 0.012s, before any step"},
		{"under way at a server when the step ended it", build{request: only("new-100", func(r *request) {
			lose(r, history.Proxy5xx)
			r.Conn, r.Sent, r.Done, r.Status, r.Log = 99, r.Intended, command+5*ms, 502, &history.Seen{State: "SH--", Server: "bk/old", Status: 502}
		})}, Fail, "no failure", "1 proxy 5xx 502; the first at 1.005s, after step 1 maint: bk/old"},
		{"one request is singular", build{steps: "  - wait: 10ms\n  - wait: 10ms", expect: "-", request: func(r *request) {
			answerOf(r, "old")
			if r.ID == "poll-1" {
				lose(r, history.Reset)
			}
		}}, Fail, "no failure", "1 of 5 requests lost on poll"},
		{"within the budget", build{expect: "lost: 3", request: lost(3)}, Pass, "no failure", "3 of 201"},
		{"beyond the budget", build{expect: "lost: 2", request: lost(3)}, Fail, "no failure", "3 of 201"},
		{"the budget is for all lanes", build{expect: "lost: 1", request: func(r *request) {
			if r.ID == "new-50" || r.ID == "kept-50" {
				lose(r, history.Reset)
			}
		}}, Fail, "no failure", "1 of 201 requests lost on kept"},
		{"unknown version", build{request: only("new-50", func(r *request) { r.Header = "nginx/1.0.0" })}, Fail, "no failure", `Server: "nginx/1.0.0" is no version of this lab`},
		{"no version", build{request: only("new-50", func(r *request) { r.Header = "" })}, Fail, "no failure", `no Server header`},
		{"version of another server", build{request: only("new-50", func(r *request) { r.Header = "nginx/1.22.1" })}, Fail, "no failure", `Server: "nginx/1.22.1" from bk/old, which runs nginx/1.18.0`},
		{"a step starts another version there", build{request: only("new-50", func(r *request) { r.Header = "nginx/1.30.1" }), events: replaced}, Pass, "no failure", "0 of 201"},
		{"unknown server", build{request: only("new-50", func(r *request) { r.Server = "bk/mole" })}, Fail, "no failure", `bk/mole is no server of this lab`},
		{"case of the header", build{request: only("new-50", func(r *request) { r.Header = "Nginx/1.18.0" })}, Pass, "no failure", "0 of 201"},
		{"ok with a status that is not allowed", build{request: only("new-50", func(r *request) { r.Status = 204 })}, Fail, "no failure", "ok with status 204"},
		{"ok with half of its body", build{request: only("new-50", func(r *request) { r.Got = 2 })}, Fail, "no failure", "ok with 2 of 4 bytes"},
		{"stale", build{request: only("kept-50", stalled)}, Fail, "stale connections", "1 request found its reused connection closed"},
		{"stale within its budget", build{expect: "stale: 1", request: only("kept-50", stalled)}, Pass, "stale connections", "1 allowed"},
		{"the stale budget is not for losses", build{expect: "stale: 9", request: only("kept-50", func(r *request) { lose(r, "in flight") })}, Fail, "no failure", "1 in flight"},
	})
}

// replaced makes old a server on which a step starts another version.
func replaced(all []history.Event) []history.Event {
	h := all[0].(*history.Header)
	h.Software = append(h.Software, history.Software{Role: "bk/old", Name: "nginx", Asked: "1.30", Got: "1.30.1"})
	return all
}

// stalled is a request whose reused connection was closed before it was
// written.
func stalled(r *request) {
	conn := r.Conn
	lose(r, history.Stale)
	r.Conn = conn
}

// What is listed is bounded, what is counted is not.
func TestLostAreListedUpToMaxLost(t *testing.T) {
	events := build{expect: "verdict: FAIL"}.history()
	for i := range 2 * MaxLost {
		r := &request{ID: fmt.Sprintf("burst-%d", i+1), Lane: "burst", Intended: moved + history.Micros(i), Done: moved + history.Micros(i), Outcome: history.Refused}
		events = append(events[:2], append([]history.Event{r}, events[2:]...)...)
	}
	v := check(t, &source{events: events})
	if len(v.Lost) != MaxLost || v.LostAll != 2*MaxLost || v.Lost[0].Step != 1 || v.Lost[0].Text != "maint: bk/old" {
		t.Errorf("%d listed of %d, the first %+v", len(v.Lost), v.LostAll, v.Lost[0])
	}
}

// Of steps that run side by side the one that commanded last is told, not the
// one that began last.
func TestLossAfterStepsSideBySide(t *testing.T) {
	v := build{request: only("new-150", func(r *request) { lose(r, history.Refused) }), events: func(all []history.Event) []history.Event {
		all = stepsOnly(func(s *history.Step) {
			if s.Phase == history.Begin {
				s.At = 900 * ms
			}
		})(all)
		all = commands(history.Step{At: 901 * ms, Kind: "weight", Server: "bk/other"})(all)
		slices.SortStableFunc(all[1:len(all)-2], func(a, b history.Event) int { return cmp.Compare(writtenAt(a), writtenAt(b)) })
		return all
	}}.check(t)
	v.wants(t, Fail, "no failure", "after step 1 maint: bk/old")
	if v.Steps[0].Lost != 1 || v.Steps[1].Lost != 0 {
		t.Errorf("%+v", v.Steps)
	}
}
