package verify

import (
	"slices"
	"strings"
	"testing"

	"halab/internal/history"
)

// with adds events, each at its time.
func with(more ...history.Event) func([]history.Event) []history.Event {
	return func(all []history.Event) []history.Event {
		for _, e := range more {
			i := slices.IndexFunc(all, func(other history.Event) bool { return writtenAt(other) > writtenAt(e) })
			all = slices.Insert(all, i, e)
		}
		return all
	}
}

// ran is a run step right after the first one, what it wrote, and what was seen
// after it.
func ran(touches []string, output string, more ...history.Event) build {
	step := func(phase history.Phase, at history.Micros) *history.Step {
		return &history.Step{At: at, Index: 3, Kind: "run", Text: "run: ./mine", Line: 9, Phase: phase}
	}
	begin, did, end := step(history.Begin, 1002*ms), step(history.Command, 1003*ms), step(history.Ended, stepEnd)
	did.Command, did.AnyServer, did.Touches, end.Answer = "./mine", true, touches, output
	return build{events: func(all []history.Event) []history.Event {
		all[0].(*history.Header).Steps = 3
		return with(more...)(with(begin, did, end)(all))
	}}
}

func program(at history.Micros, role string, pid int) *history.Program {
	return &history.Program{At: at, Role: role, Pid: pid}
}

func gone(at history.Micros, server string) *history.ServerState {
	s := seen(at, server, "MAINT")
	s.Gone = true
	return s
}

func moveTo(at history.Micros, server, address string) *history.ServerState {
	s := seen(at, server, "UP")
	s.Address = address
	return s
}

// What a command of the user's did is what changed after it.
func TestUserCommand(t *testing.T) {
	old, third := []string{"bk/old"}, []string{"bk/other"}
	runCases(t, []verdictCase{
		{"nothing changes", ran(nil, ""), Inconclusive, "procedure", "step 3 changed nothing that HAProxy or the servers show; `looks: true` beside it"},
		{"HAProxy refuses it", ran(nil, "No such server.\n"), Inconclusive, "procedure", "step 3 changed nothing that HAProxy or the servers show; HAProxy refused: No such server."},
		{"a weight", ran(nil, "", weighed(1305*ms, "other", 2)), Pass, "procedure", "3 of 3 steps"},
		{"an address", ran(nil, "", moveTo(200*ms, "other", "127.0.0.1:83"), moveTo(1305*ms, "other", "127.0.0.1:84")), Pass, "procedure", "3 of 3"},
		{"a server that is removed", ran(nil, "", gone(1305*ms, "other")), Pass, "health", ""},
		{"no look came in time, and HAProxy says so", ran(nil, "", &history.Message{At: 1005 * ms, Text: "Server bk/new is going DOWN for maintenance. 1 active left."}), Pass, "procedure", "3 of 3"},
		{"HAProxy says so of what came later", ran(nil, "", &history.Message{At: 1500 * ms, Text: "Server bk/new is UP."}), Inconclusive, "procedure", "step 3 changed nothing"},
		{"another HAProxy", ran(nil, "", program(0, "haproxy", 7), program(1305*ms, "haproxy", 8)), Pass, "procedure", "3 of 3"},
		{"new workers of an nginx", ran(nil, "", program(0, "bk/other", 7), program(1305*ms, "bk/other", 7)), Pass, "procedure", "3 of 3"},
		{"a frontend", ran([]string{"app"}, "", &history.FrontendState{At: 1305 * ms, Frontend: "app", Status: "STOP"}), Pass, "procedure", "3 of 3"},
		{"a frontend that it leaves closed", ran(nil, "", &history.FrontendState{At: 1305 * ms, Frontend: "app", Status: "STOP"}), Inconclusive, EndsName, "the frontend app ended as STOP after step 3 run: ./mine; `touches: [app]`"},
		{"a frontend that it opens again", ran(nil, "", &history.FrontendState{At: 1305 * ms, Frontend: "app", Status: "PAUSED"}, &history.FrontendState{At: 1400 * ms, Frontend: "app", Status: "OPEN"}), Pass, "procedure", "3 of 3"},
		{"a weight that touches does not name", ran(old, "", seen(1100*ms, "old", "UP"), weighed(1305*ms, "other", 2)), Fail, "procedure", "step 3 went beyond its touches: bk/other went from weight 1 to 2"},
		{"what HAProxy says of a server that touches does not name", ran(old, "", &history.Message{At: 1005 * ms, Text: "Server bk/other is going DOWN for maintenance. 1 active left."}), Fail, "procedure", "step 3 went beyond its touches: bk/other is going DOWN for maintenance"},
		{"what another step did is not its doing", ran(nil, "", program(0, "haproxy", 7), program(950*ms, "haproxy", 8)), Inconclusive, "procedure", "step 3 changed nothing"},
		{"what it is to touch", ran(third, "", weighed(1305*ms, "other", 2)), Pass, "procedure", "3 of 3"},
		{"it does not touch that", ran([]string{"bk/other", "bk/new"}, "", weighed(1305*ms, "other", 2)), Inconclusive, "procedure", "step 3 was to touch bk/new, and nothing of it changed"},
		{"it touches another one", ran(old, "", seen(1305*ms, "other", "DOWN")), Fail, "health", "no step had asked for it: bk/other went from UP to DOWN"},
	})
}

// What a command has put out of service stays so only where the scenario says
// that it may.
func TestStateInTheEnd(t *testing.T) {
	third := []string{"bk/other"}
	expects := func(b build) build {
		add := b.events
		b.events = func(all []history.Event) []history.Event {
			return with(&history.Step{At: 1009 * ms, Index: 2, Kind: "expect", Text: "expect: …", Phase: history.Ended, Server: "bk/other", Saw: "MAINT"})(add(all))
		}
		return b
	}
	runCases(t, []verdictCase{
		{"it went down in service", ran(nil, "", seen(1400*ms, "other", "DOWN")), Fail, EndsName, "bk/other was in service, went DOWN after step 3 run: ./mine and stayed so"},
		{"it came back", ran(nil, "", seen(1400*ms, "other", "DOWN"), seen(1500*ms, "other", "UP")), Pass, "health", "each after"},
		{"it was put into maintenance", ran(nil, "", seen(1400*ms, "other", "MAINT")), Inconclusive, EndsName, "bk/other ended in MAINT after step 3 run: ./mine, and neither touches nor expect says that it may; `touches: [bk/other]`"},
		{"as touches says", ran(third, "", seen(1400*ms, "other", "MAINT")), Pass, "health", "each after"},
		{"as an expect step has seen", expects(ran(nil, "", seen(1004*ms, "other", "MAINT"))), Pass, "health", "each after"},
		{"as an expect step has seen before the sampler did", expects(ran(nil, "", seen(1400*ms, "other", "MAINT"))), Pass, "health", "each after"},
		{"long after it", ran(nil, "", seen(1400*ms, "other", "DOWN"), seen(1500*ms, "other", "UP")), Pass, "health", ""},
		{"its nginx ended, and HAProxy does not know", ran(third, "", append(atAddress("other"), program(0, "bk/other", 7), program(1305*ms, "bk/other", 0))...), Inconclusive, EndsName, "the nginx of bk/other ended after step 3 run: ./mine and was not started again, and HAProxy took the server for UP to the end"},
		{"its nginx was started again", ran(third, "", append(atAddress("other"), program(0, "bk/other", 7), program(1305*ms, "bk/other", 0), program(1400*ms, "bk/other", 8))...), Pass, "procedure", "3 of 3"},
		{"removed after maintenance", ran(nil, "", seen(1400*ms, "other", "MAINT"), gone(1500*ms, "other")), Pass, "health", ""},
	})
}

// atAddress has the server seen at an address.
func atAddress(server string) []history.Event {
	s := seen(2*ms, server, "UP")
	s.Address = "127.0.0.1:83"
	return []history.Event{s}
}

// A program that a command ends under a server in service was not drained.
func TestProgramEndedInService(t *testing.T) {
	ended := func(at history.Micros, server string) []history.Event {
		return []history.Event{program(0, server, 7), program(at, server, 0)}
	}
	runCases(t, []verdictCase{
		{"in service", ran(nil, "", ended(1800*ms, "bk/new")...), Fail, DrainedName, "bk/new was in service when its nginx ended, after step 3 run: ./mine"},
		{"in service, and its workers go on", ran(nil, "", ended(1305*ms, "bk/new")...), Pass, "procedure", "3 of 3"},
		{"in maintenance", ran(nil, "", ended(1305*ms, "bk/old")...), Pass, "procedure", "3 of 3"},
		{"a backup with nothing to do", build{expect: "-", request: from(0, "old"), events: func(all []history.Event) []history.Event {
			return ran(nil, "", ended(1305*ms, "bk/other")...).events(stayUp(all))
		}}, Pass, "procedure", "3 of 3"},
	})
}

// HAProxy's own word for an outage counts, also where no request fell into it.
func TestServersAvailable(t *testing.T) {
	message := func(text string) func([]history.Event) []history.Event {
		return with(&history.Message{At: 1300 * ms, Text: text})
	}
	const none = "backend bk has no server available!"
	runCases(t, []verdictCase{
		{"none", build{events: message(none)}, Fail, "servers available", "HAProxy had no server left in bk at 1.300s"},
		{"none in a backend of nobody's", build{events: message("backend other has no server available!")}, Pass, "health", ""},
		{"another message", build{events: message("Server bk/old is going DOWN for maintenance.")}, Pass, "health", ""},
		{"some may be lost", build{expect: "lost: 1", events: message(none)}, Pass, "servers available", "1 may be lost"},
	})
}

// A server that is out for less than the time between two looks is not up.
func TestCapacityByMessage(t *testing.T) {
	flip := with(&history.Message{At: 1300 * ms, Text: "Server bk/new is going DOWN for maintenance. 0 active and 1 backup servers left."},
		&history.Message{At: 1302 * ms, Text: "Server bk/new is UP/READY (leaving forced maintenance)."})
	out := with(seen(1290*ms, "other", "DOWN"), seen(1310*ms, "other", "UP"))
	runCases(t, []verdictCase{
		{"none is left", build{expect: "min-weight: 1", events: func(all []history.Event) []history.Event { return out(flip(all)) }}, Fail, "capacity", "fell to 0 at 1.300s; 1 is wanted"},
		{"another one is left", build{expect: "min-weight: 1", events: flip}, Pass, "capacity", "never fell below 1"},
	})
}

// The verdict says what no request came to and what commands did.
func TestRemarks(t *testing.T) {
	v := ran(nil, "No such server.\n", weighed(1305*ms, "other", 2)).check(t)
	got := strings.Join(v.Remarks, "\n")
	for _, want := range []string{"no request was answered by bk/other", "step 3 run: ./mine: bk/other went from weight 1 to 2; HAProxy refused: No such server."} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in:\n%s", want, got)
		}
	}
	v = build{events: with(program(0, "bk/new", 7), program(1500*ms, "bk/new", 0))}.check(t)
	if got := strings.Join(v.Remarks, "\n"); !strings.Contains(got, "the nginx of bk/new ended at 1.500s, and no step did that") {
		t.Error(got)
	}
}
