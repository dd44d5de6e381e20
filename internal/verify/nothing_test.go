package verify

import (
	"slices"
	"testing"

	"halab/internal/history"
)

// What a run cannot have proved.
func TestNothingProved(t *testing.T) {
	nothing := build{steps: "  - wait: 10ms\n  - wait: 10ms", expect: "-", request: func(r *request) { answerOf(r, "old") },
		events: func(all []history.Event) []history.Event {
			return slices.DeleteFunc(all, func(e history.Event) bool {
				s, ok := e.(*history.Step)
				return ok && s.Phase == history.Command
			})
		}}
	for _, tt := range []struct {
		name  string
		times func(r *request)
	}{
		{"done before the run", func(r *request) { r.Done = -5 }},
		{"done before it was sent", func(r *request) { r.Done = r.Sent - 1 }},
		{"sent before it was due", func(r *request) { r.Sent = r.Intended - ms }},
		{"answered after its end", func(r *request) { r.First = r.Done + ms }},
		{"answered and never sent", func(r *request) { r.Sent = 0 }},
	} {
		v := build{request: only("new-50", func(r *request) {
			if r.First == 0 {
				r.First = r.Done
			}
			tt.times(r)
		})}.check(t)
		if v.Result == Pass {
			t.Errorf("%s: PASS", tt.name)
		}
	}
	v := nothing.check(t)
	for _, f := range v.find(procedureName, Inconclusive) {
		t.Log(f.Text)
		return
	}
	t.Errorf("a procedure that only waits: %s %q", v.Result, v.Reasons)
}

// A lane that the scenario asks for and nobody sent.
func TestLaneNobodySent(t *testing.T) {
	b := build{}
	src := b.history()
	src[0].(*history.Header).Scenario = b.scenario() + "\n"
	header := *src[0].(*history.Header)
	header.Lanes = nil
	for _, l := range b.header().Lanes {
		if l.Name != "kept" {
			header.Lanes = append(header.Lanes, l)
		}
	}
	var events []history.Event
	for _, e := range src[1:] {
		if r, ok := e.(*history.Request); ok && r.Lane == "kept" {
			continue
		}
		events = append(events, e)
	}
	v := check(t, &source{events: append([]history.Event{&header}, events...)})
	if len(v.find("coverage", Inconclusive)) == 0 || v.Result == Pass {
		t.Errorf("%s: %q", v.Result, v.Reasons)
	}
}
