package verify

import (
	"slices"
	"testing"

	"halab/internal/haproxy"
	"halab/internal/history"
)

func TestCauseRulesAreSorted(t *testing.T) {
	if names := CauseNames(); !slices.IsSorted(names) || len(slices.Compact(names)) != len(causeRules()) {
		t.Errorf("causes out of order or twice: %q", names)
	}
}

// refused is a request that HAProxy had no server for.
func refused(r *request) {
	lose(r, history.Proxy5xx)
	r.Conn, r.Sent, r.Status = 9000, r.Intended, 503
	r.Log = &history.Seen{State: "SC", Server: "bk/<NOSRV>", Status: 503}
}

// A cause is claimed on evidence alone: losses without any are only counted.
func TestNoCauseIsGuessed(t *testing.T) {
	for name, change := range map[string]func(*request){
		"refused":       func(r *request) { lose(r, history.Refused) },
		"no log line":   func(r *request) { refused(r); r.Log = nil },
		"all backup up": refused,
	} {
		if v := (build{request: only("new-150", change)}).check(t); v.Result != Fail || len(v.Causes) != 0 {
			t.Errorf("%s: %s, causes %q, want FAIL and none", name, v.Result, v.Causes)
		}
	}
}

func TestCausesOfAVerdict(t *testing.T) {
	down := func(all []history.Event) []history.Event {
		for _, e := range all {
			if s, ok := e.(*history.ServerState); ok && s.Server.Server == "new" {
				s.Status = "DOWN"
			}
		}
		return all
	}
	b := build{request: only("new-150", refused), events: down}
	v := b.check(t)
	if len(v.Causes) != 1 || v.Causes[0].Name != "backup-out" || v.Causes[0].Step != 1 || v.Causes[0].Line == 0 {
		t.Fatalf("causes %+v", v.Causes)
	}
	for _, tt := range []struct {
		expect string
		wanted bool
	}{
		{"verdict: FAIL\n  causes: [backup-out]", true},
		{"verdict: FAIL\n  causes: [no-maintenance]", false},
		{"verdict: FAIL\n  causes: [backup-out, no-maintenance]", false},
		{"verdict: FAIL", true},
	} {
		b.expect = tt.expect
		if v := b.check(t); v.AsWanted != tt.wanted {
			t.Errorf("%s: as wanted is %t; causes %q", tt.expect, v.AsWanted, v.Causes)
		}
	}
	// What is within its budget explains nothing.
	b.expect = "lost: 1"
	if v := b.check(t); len(v.Causes) != 0 {
		t.Errorf("%s with causes %q", v.Result, v.Causes)
	}
}

func TestNamesOfServers(t *testing.T) {
	ref := haproxy.ServerRef{Backend: "bk", Server: "nginx1"}
	for text, want := range map[string]bool{
		"expect: {server: bk/nginx1, state: UP}":  true,
		"expect: {state: UP, server: nginx1}":     true,
		"expect: {server: bk/nginx12, state: UP}": false,
		"expect: {server: b/nginx1, state: UP}":   false,
	} {
		if names(text, ref) != want {
			t.Errorf("%s names %s: %t", text, ref, !want)
		}
	}
}

// A request that was on its way when the old server was put back is answered
// by it: sent before that step, it is its doing all the same.
func TestPutBackBetweenSendAndAnswer(t *testing.T) {
	const back = 1500 * ms
	ready := history.Step{At: back, Index: 2, Kind: "ready", Text: "ready: bk/old", Line: 21, Server: "bk/old", Command: "set server bk/old state ready", Phase: history.Command}
	v := build{
		request: func(r *request) {
			if r.ID == "new-150" { // the first of them
				r.First, r.Done = back+ms, back+ms
			}
			if r.Lane == "new" && r.Done >= back {
				answerOf(r, "old")
			}
		},
		events: func(all []history.Event) []history.Event {
			i := slices.IndexFunc(all, func(e history.Event) bool { _, end := span(e); return end > back })
			begin := ready
			begin.Phase = history.Begin
			return slices.Insert(all, i, history.Event(&begin), history.Event(&ready))
		},
	}.check(t)
	if len(v.Causes) != 1 || v.Causes[0].Name != "put-back" {
		t.Errorf("causes %q of %q, want put-back", v.Causes, v.Reasons)
	}
}
