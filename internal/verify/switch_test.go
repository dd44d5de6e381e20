package verify

import (
	"strings"
	"testing"

	"halab/internal/history"
)

// from lets a server answer from one moment on.
func from(at history.Micros, server string) func(*request) {
	return func(r *request) {
		if r.Sent >= at {
			answerOf(r, server)
		}
	}
}

func both(changes ...func(*request)) func(*request) {
	return func(r *request) {
		for _, change := range changes {
			change(r)
		}
	}
}

// between lets a server answer on one lane for a while.
func between(lane string, begin, end history.Micros, server string) func(*request) {
	return func(r *request) {
		if r.Lane == lane && r.Sent >= begin && r.Sent < end {
			answerOf(r, server)
		}
	}
}

func TestSwitch(t *testing.T) {
	never := from(0, "old")
	runCases(t, []verdictCase{
		{"in time", build{}, Pass, "switch", "bk/old to bk/new: first answer of the new server 2ms after the command, both answered for 0s"},
		{"never", build{request: never}, Inconclusive, "switch", "never moved from bk/old to bk/new"},
		{"never, and a request was lost", build{request: both(never, only("new-9", func(r *request) { lose(r, history.Reset) }))}, Fail, "no failure", "1 reset"},
		{"the old server never answered", build{request: from(0, "new")}, Inconclusive, "switch", "bk/old never answered"},
		{"before the command", build{request: from(500*ms, "new")}, Fail, "switch", "before a step had sent a command"},
		{"for a moment before the command", build{request: between("new", 500*ms, 510*ms, "new")}, Fail, "switch", "1 answer came from bk/new before a step had sent a command"},
		{"sent just before the command, answered after it", build{request: between("new", 991*ms, 1000*ms, "new"), events: late("new-100", 10*ms)}, Pass, "switch", "2ms after the command"},
		{"sent long before the command, answered after it", build{request: both(between("new", 751*ms, 760*ms, "new"), between("new", moved, 1020*ms, "old")), events: late("new-76", 260*ms)}, Pass, "new version complete", "no answer came from bk/old"},
		{"too late", build{expect: "!  switch: {from: bk/old, to: bk/new, within: 300ms}", request: both(from(moved, "old"), from(1500*ms, "new"))}, Fail, "switch", "502ms after the command, both answered for 0s; 300ms is allowed"},
		{"sent for in time, answered too late", build{expect: "!  switch: {from: bk/old, to: bk/new, within: 200ms}", request: hold(moved, 1600*ms)}, Fail, "switch", "600ms after the command, both answered for 0s; 200ms is allowed"},
		{"answered too late while HAProxy had no processor", build{expect: "!  switch: {from: bk/old, to: bk/new, within: 200ms}", request: both(hold(moved, 1600*ms), func(r *request) { r.Starved = (r.Done - r.Intended) / 2 })}, Inconclusive, "switch", "200ms is allowed, and meanwhile HAProxy, nginx or halab was CPU-starved"},
		{"the first that was sent is not the first to be answered", build{expect: "!  switch: {from: bk/old, to: bk/new, within: 50ms}", events: late("new-101", 300*ms)}, Pass, "switch", "2ms after the command"},
		{"old answers within the allowance", build{request: between("new", moved, 1090*ms, "old")}, Pass, "new version complete", "after the switch to bk/new no answer came from bk/old"},
		{"old answers after the allowance", build{request: between("new", moved, 1200*ms, "old")}, Fail, "new version complete", "answers still came from the old server bk/old after the switch to bk/new, on new"},
		{"old answers to what was sent before the first new one came", build{request: both(hold(moved, 1250*ms), between("new", 1020*ms, 1200*ms, "old"))}, Pass, "new version complete", "after the switch to bk/new no answer came from bk/old"},
		{"one old answer late", build{request: between("new", 1500*ms, 1505*ms, "old")}, Fail, "new version complete", "1 answer still came from the old server"},
		{"astray", build{request: between("new", 1500*ms, 1505*ms, "other")}, Fail, "switch", "1 answer came from bk/other, which is not on the way from bk/old to bk/new"},
		{"no switch is expected", build{expect: "-", request: never}, Pass, "procedure", "2 of 2"},
		{"mode tcp", build{mode: "tcp"}, Pass, "switch", "bk/old to bk/new"},
		{"mode tcp, never", build{mode: "tcp", request: never}, Inconclusive, "switch", "never moved"},
		{"mode tcp, both of one version", build{mode: "tcp", request: func(r *request) { r.Header = "nginx/1.22.1" }, events: oneVersion}, Inconclusive, "switch", "cannot be told apart"},
		{"mode tcp, both of one version, and each names itself", build{mode: "tcp", request: func(r *request) { r.Header = "nginx/1.22.1" }, events: named}, Pass, "switch", "bk/old to bk/new"},
		{"mode tcp, others of one version after it", build{mode: "tcp", request: between("new", 1300*ms, 1700*ms, "other"), events: withOther2}, Inconclusive, "switch", "40 answers cannot be told apart"},
		{"mode http, both of one version", build{request: func(r *request) { r.Header = "nginx/1.22.1" }, events: oneVersion}, Pass, "switch", "bk/old to bk/new"},
	})
}

// hold lets what is sent from one moment on be answered at another, as when
// HAProxy has no server for it until then.
func hold(from, to history.Micros) func(*request) {
	return func(r *request) {
		if r.Sent >= from && r.Sent < to {
			r.First, r.Done = to, to
			r.Log.Arrived, r.Log.Ta = r.Sent, int64((to-r.Sent)/ms)
		}
	}
}

// withOther2 adds another server of the version that bk/other runs.
func withOther2(all []history.Event) []history.Event {
	h := all[0].(*history.Header)
	h.Scenario = strings.Replace(h.Scenario, "frontends:\n", "      - {name: other2, address: 127.0.0.1:84, nginx: 1.26.3, check: true, backup: true}\nfrontends:\n", 1)
	h.Software = append(h.Software, history.Software{Role: "bk/other2", Name: "nginx", Asked: "1.26.3", Got: "1.26.3"})
	return withStates(seen(1, "other2", "UP"), seen(1200*ms, "other2", "UP"))(all)
}

// late lets a request be answered later, as when it waited in HAProxy.
func late(id string, by history.Micros) func([]history.Event) []history.Event {
	return func(all []history.Event) []history.Event {
		for _, e := range all {
			if r, ok := e.(*request); ok && r.ID == id {
				r.First, r.Done = r.First+by, r.Done+by
			}
		}
		return all
	}
}

// oneVersion makes old and new of the same version.
func oneVersion(all []history.Event) []history.Event {
	for i, p := range all[0].(*history.Header).Software {
		if p.Role == "bk/old" {
			all[0].(*history.Header).Software[i].Got = "1.22.1"
		}
	}
	return all
}

// named has both name themselves beside it, as nginx does.
func named(all []history.Event) []history.Event {
	for _, e := range all {
		if r, ok := e.(*request); ok && r.Sent < moved {
			r.Server = "bk/old"
		} else if ok {
			r.Server = "bk/new"
		}
	}
	return oneVersion(all)
}

// back adds the command that brings the old server back, and its answers from
// a moment later on.
func back(at history.Micros) build {
	return build{
		steps: rollbackSteps, expect: "!" + backExpect, request: from(at+1*ms, "old"),
		events: func(all []history.Event) []history.Event {
			out := all[:0:0]
			for _, e := range all {
				if s, ok := e.(*history.Step); ok && s.Index == 2 {
					moved := *s
					moved.At, moved.Kind, moved.Text = at, "ready", "ready: bk/old"
					if s.Phase == history.Begin {
						continue
					}
					begin, command := moved, moved
					begin.Phase, command.Phase, command.Server, command.Command = history.Begin, history.Command, "bk/old", "set server bk/old state ready"
					out = append(out, &begin, &command, &moved)
					continue
				}
				out = append(out, e)
			}
			return out
		},
	}
}

func TestSwitchBack(t *testing.T) {
	good, never, early := back(1500*ms), back(1500*ms), back(1500*ms)
	never.request = nil
	early.request = from(1400*ms, "old")
	again := back(1500 * ms)
	again.request = both(again.request, from(1800*ms, "new"))
	racing := back(1500 * ms)
	racing.request = from(1491*ms, "old")
	racing.events = func(all []history.Event) []history.Event {
		for _, lane := range []string{"new-150", "kept-150"} {
			all = late(lane, 15*ms)(all)
		}
		return back(1500 * ms).events(all)
	}
	runCases(t, []verdictCase{
		{"there and back", good, Pass, "switch", "bk/new to bk/old: first answer of the new server 2ms after the command"},
		{"never back", never, Inconclusive, "switch", "never moved from bk/new to bk/old"},
		{"back before its command", early, Fail, "new version complete", "answers still came from the old server bk/old"},
		{"back and away again", again, Fail, "new version complete", "still came from the old server bk/new after the switch to bk/old"},
		{"sent just before the command back", racing, Pass, "switch", "bk/new to bk/old"},
	})
	if v := good.check(t); len(v.Switches) != 2 || v.Switches[1].Step != 2 || v.Switches[0].Late+v.Switches[1].Late != 0 {
		t.Errorf("switches %+v", v.Switches)
	}
}

func TestFlapBack(t *testing.T) {
	runCases(t, []verdictCase{
		{"none", build{}, Pass, "no flap back", "no connection went back"},
		{"each connection moves in its own time", build{request: func(r *request) {
			if r.Lane == "kept" && r.Conn == 1 && r.Sent < 1080*ms {
				answerOf(r, "old")
			}
		}}, Pass, "no flap back", ""},
		{"one answer within the mixed window", build{request: only("kept-107", func(r *request) { answerOf(r, "old") })}, Fail, "no flap back", "1 answer came from a server that its connection had left before; the first at 1.061s"},
		{"on new connections it is no flap", build{request: only("new-107", func(r *request) { answerOf(r, "old") })}, Pass, "no flap back", ""},
	})
}

// Over HTTP/2 what was sent before the first answer of the new server came is
// no flap: the two were under way together.
func TestFlapBackOverH2(t *testing.T) {
	back := only("kept-107", func(r *request) { answerOf(r, "old") })
	for longer, want := range map[history.Micros]Result{0: Fail, 90 * ms: Pass} {
		if v := (build{request: both(overH2(longer), back)}).check(t); len(v.find("no flap back", want)) != 1 {
			t.Errorf("answers %s later: no flap back is not %s:\n%s", longer, want, listed(v.Findings))
		}
	}
}

// overH2 sends the lane kept over HTTP/2, on which answers may take long while
// others are under way.
func overH2(longer history.Micros) func(*request) {
	return func(r *request) {
		if r.Lane != "kept" {
			return
		}
		r.Lane, r.Conn = "h2", 1
		if r.Sent >= moved && r.Sent < moved+60*ms {
			r.First, r.Done = r.First+longer, r.Done+longer
		}
	}
}
