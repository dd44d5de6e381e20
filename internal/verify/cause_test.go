package verify

import (
	"slices"
	"strings"
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

// The way back of a step that failed is not the procedure: nothing but that it
// failed is to be told.
func TestWayBackIsNoFlap(t *testing.T) {
	v := build{
		request: both(from(moved, "new"), from(1700*ms, "old")),
		events: func(all []history.Event) []history.Event {
			all = stepsOnly(func(s *history.Step) {
				if s.Index == 2 && s.Phase == history.Ended {
					s.Error = "not so"
				}
			})(all)
			i := slices.IndexFunc(all, func(e history.Event) bool { return writtenAt(e) > 1695*ms })
			begin := history.Step{At: 1695 * ms, Index: 3, Kind: "ready", Text: "ready: bk/old", Server: "bk/old", Line: 30, Phase: history.Begin}
			ready, end := begin, begin
			ready.Phase, ready.Command, end.Phase = history.Command, "set server bk/old state ready", history.Ended
			return slices.Insert(all, i, history.Event(&begin), history.Event(&ready), history.Event(&end))
		},
	}.check(t)
	for _, rule := range []string{"new version complete", "no flap back", "switch"} {
		if bad := v.find(rule, Fail); len(bad) > 0 {
			t.Errorf("%s: %+v", rule, bad)
		}
	}
	if v.Result != Fail || len(v.Causes) != 0 {
		t.Errorf("%s: %q, causes %q, want no cause", v.Result, v.Reasons, v.Causes)
	}
}

// Of several frontends each has lanes of its own: what new connections met on
// one of them is no matter of kept ones.
func TestTCPKeepsConnectionsOfSeveralFrontends(t *testing.T) {
	for _, tt := range []struct {
		name, lane string
		want       string
	}{
		{"kept connections alone", "kept", "tcp-keeps-connections"},
		{"new connections", "new", ""},
		{"new connections over TLS", "tls", ""},
	} {
		b := build{mode: "tcp", request: func(r *request) {
			if r.Lane == "new" && tt.lane == "tls" {
				r.Lane = tt.lane
			}
			if r.Lane == tt.lane && r.Sent > 1300*ms {
				answerOf(r, "old")
			}
			r.Lane = history.LaneName(r.Lane, "app")
		}, events: func(all []history.Event) []history.Event {
			h := all[0].(*history.Header)
			h.Scenario = strings.NewReplacer("frontends:\n", "frontends:\n  - {name: www, bind: \":90\", default_backend: bk}\n",
				"traffic:\n", "traffic:\n  frontends: [app, www]\n").Replace(h.Scenario)
			return all
		}}
		got := ""
		for _, c := range b.check(t).Causes {
			got += c.Name
		}
		if got != tt.want {
			t.Errorf("%s: causes %q, want %q", tt.name, got, tt.want)
		}
	}
}

// did makes these the steps of the run, each of one command.
func did(steps ...history.Step) func([]history.Event) []history.Event {
	return func(all []history.Event) []history.Event {
		all = slices.DeleteFunc(all, func(e history.Event) bool { _, ok := e.(*history.Step); return ok })
		for n, s := range steps {
			s.Index, s.Line, s.Text, s.Command = n+1, 20+n, s.Kind+": "+s.Server, s.Kind
			i := slices.IndexFunc(all, func(e history.Event) bool { return writtenAt(e) > s.At })
			for _, phase := range []history.Phase{history.Ended, history.Command, history.Begin} {
				of := s
				of.Phase = phase
				all = slices.Insert(all, i, history.Event(&of))
			}
		}
		return all
	}
}

// A step is not blamed for what a later one did, once its own doing was over.
func TestNoCauseOutlivesItsStep(t *testing.T) {
	of := func(at history.Micros, kind string) history.Step {
		s := history.Step{At: at, Kind: kind, Server: "bk/old"}
		if kind == "stop" || kind == "kill" {
			s.Sessions = new(int64)
		}
		return s
	}
	cut := func(r *request) {
		r.Outcome, r.Got, r.Done, r.Log.State = history.Truncated, 2, r.Sent+20*ms, "SD"
	}
	hung := func(r *request) {
		r.Outcome, r.Status, r.Header, r.Server, r.Got, r.Log.State, r.Log.Status = history.Proxy5xx, 504, "", "", 0, "sH", 504
	}
	for name, tt := range map[string]struct {
		steps []history.Step
		lost  func(*request)
		want  []string
	}{
		"stopped":                       {[]history.Step{of(900*ms, "maint"), of(1400*ms, "stop")}, cut, []string{"term-in-flight"}},
		"stopped, and started again":    {[]history.Step{of(900*ms, "maint"), of(1010*ms, "stop"), of(1020*ms, "start"), of(1050*ms, "ready"), of(1400*ms, "cut")}, cut, nil},
		"killed, and started again":     {[]history.Step{of(900*ms, "maint"), of(1010*ms, "kill"), of(1020*ms, "start"), of(1050*ms, "ready"), of(1400*ms, "cut")}, cut, nil},
		"paused":                        {[]history.Step{of(1400*ms, "pause")}, hung, []string{"paused-in-service"}},
		"paused, and slowed down later": {[]history.Step{of(200*ms, "pause"), of(250*ms, "resume"), of(1400*ms, "latency")}, hung, nil},
	} {
		v := build{
			request: both(from(0, "old"), only("new-150", tt.lost)),
			events: func(all []history.Event) []history.Event {
				all = slices.DeleteFunc(all, func(e history.Event) bool { s, ok := e.(*history.ServerState); return ok && s.Status == "MAINT" })
				return did(tt.steps...)(all)
			},
		}.check(t)
		var got []string
		for _, c := range v.Causes {
			if c.Name != "never-flipped" { // the old server answers throughout
				got = append(got, c.Name)
			}
		}
		if v.Result != Fail || !slices.Equal(got, tt.want) {
			t.Errorf("%s: %s, causes %q, want %q", name, v.Result, v.Causes, tt.want)
		}
	}
}
