package verify

import (
	"math"
	"testing"

	"halab/internal/haproxy"
	"halab/internal/history"
)

// another is one more step, after that of ran.
func another(s history.Step, begin, end history.Micros) []history.Event {
	s.Index, s.Line, s.Text = 4, 10, s.Kind+": another"
	did, over := s, s
	did.Phase, did.At = history.Command, begin
	if s.Phase != "" {
		did.Phase = s.Phase
	}
	s.Phase, s.At = history.Begin, begin
	over = history.Step{Index: 4, Line: 10, Kind: s.Kind, Text: s.Text, Phase: history.Ended, At: end}
	return []history.Event{&s, &did, &over}
}

// followed is ran with one more step and what was seen.
func followed(first build, step []history.Event, more ...history.Event) build {
	add := first.events
	first.events = func(all []history.Event) []history.Event {
		all = with(more...)(with(step...)(add(all)))
		all[0].(*history.Header).Steps = 4
		return all
	}
	return first
}

// leavesAJob is a run step that leaves something running.
func leavesAJob(b build) build {
	add := b.events
	b.events = func(all []history.Event) []history.Event {
		all = add(all)
		for _, e := range all {
			if s, ok := e.(*history.Step); ok && s.Index == 3 && s.Phase == history.Ended {
				s.Outlived = true
			}
		}
		return all
	}
	return b
}

// What a change is put down to: the step of halab's that made it, or a command
// of the user's, and which of them.
func TestWhoseChangeItIs(t *testing.T) {
	reload := another(history.Step{Kind: "reload", Takeover: true, Command: "reload"}, 1100*ms, 1200*ms)
	other := another(history.Step{Kind: "run", AnyServer: true, Touches: []string{"bk/other"}, Command: "x"}, 1100*ms, 1200*ms)
	vague := another(history.Step{Kind: "run", AnyServer: true, Command: "x"}, 1100*ms, 1200*ms)
	looks := another(history.Step{Kind: "run", AnyServer: true, Phase: history.Look, Command: "x"}, 1100*ms, 1200*ms)
	heavy := weighed(200*ms, "other", 5)
	down := &history.Message{At: 1150 * ms, Text: "Server bk/other is DOWN, reason: Layer4 connection problem, info: \"Connection refused\"."}
	check := func(server string) history.Event {
		return &history.Message{At: 1005 * ms, Text: "Server " + server + " is UP, reason: Layer4 check passed, check duration: 0ms."}
	}
	runCases(t, []verdictCase{
		{"a check of a server that a step dealt with", ran(nil, "", check("bk/old")), Inconclusive, "procedure", "step 3 changed nothing"},
		{"a check of another server", ran(nil, "", check("bk/other")), Pass, "procedure", "3 of 3"},
		{"a reload of halab's takes a weight back", followed(ran(nil, "", heavy), reload, weighed(1150*ms, "other", 1)), Inconclusive, "procedure", "step 3 changed nothing"},
		{"a reload of halab's takes a weight back, beside what touches says", followed(ran([]string{"bk/new"}, "", heavy, weighed(1005*ms, "new", 9)), reload, weighed(1150*ms, "other", 1)), Pass, "procedure", "4 of 4"},
		{"the checks find what the command before has ended", followed(ran(nil, "", program(0, "bk/other", 7), program(1005*ms, "bk/other", 0)), vague, down), Inconclusive, "procedure", "step 4 changed nothing"},
		{"the same weight without a reload", followed(ran([]string{"bk/new"}, "", heavy, weighed(1005*ms, "new", 9)), looks, weighed(1150*ms, "other", 1)), Fail, "procedure", "step 3 went beyond its touches: bk/other went from weight 5 to 1"},
		{"a job runs on that is for something else", followed(leavesAJob(ran([]string{"bk/new"}, "", weighed(1005*ms, "new", 9))), other, weighed(1150*ms, "other", 2)), Pass, "procedure", "4 of 4"},
		{"a job runs on, and only the later touches name what changed", followed(leavesAJob(ran(nil, "", weighed(1005*ms, "new", 9))), other, seen(1150*ms, "other", "MAINT")), Inconclusive, "procedure", "`touches`, or `looks: true`, beside step 3"},
		{"a job runs on, and nothing says whose change it is", followed(leavesAJob(ran(nil, "", weighed(1005*ms, "new", 9))), vague, weighed(1150*ms, "other", 2)), Inconclusive, "procedure", "step 4 may have changed nothing: what changed may be the work of the job that step 3 left running"},
		{"a weight while a command only looks", followed(build{events: with()}, looks, heavy, weighed(1150*ms, "other", 1)), Inconclusive, "procedure", "step 4 says that it only looks, and meanwhile bk/other went from weight 5 to 1 at 1.150s"},
		{"an nginx ends while a command only looks", followed(build{events: with()}, looks, program(0, "bk/other", 7), program(1150*ms, "bk/other", 0)), Inconclusive, "procedure", "meanwhile the nginx of bk/other ended"},
	})
}

// What was out of service and is not after a reload of halab's is the reload's
// doing.
func TestForgotten(t *testing.T) {
	r := &run{}
	newUserCommands(r).dealt[haproxyRole] = &dealing{at: 5 * ms}
	h := health{run: r}
	for status, want := range map[haproxy.Status]bool{"MAINT": true, "DRAIN": true, "DOWN": true, "UP": false} {
		if h.forgotten(status, 6*ms) != want || h.forgotten(status, 4*ms) {
			t.Errorf("%s: forgotten is not %t", status, want)
		}
	}
}

// A command is answerable for what changes while it runs, also where no request
// has come for long.
func TestCommandThatRunsIsAnswerable(t *testing.T) {
	r := &run{}
	running, left := &userCommand{}, &userCommand{over: true, outlived: true, ended: 5 * ms}
	if running.until(r, "bk/old") != math.MaxInt64 || left.until(r, "haproxy") != math.MaxInt64 {
		t.Error("a command that runs, or has left a job, is no longer answerable")
	}
	if over := (&userCommand{over: true, ended: 5 * ms}).until(r, "haproxy"); over != 5*ms+lag {
		t.Errorf("a command that is over is answerable until %s", over.D())
	}
}

// An nginx whose end was read before the states, which were read when its server
// was back, did not end in service.
func TestProgramReadBeforeTheStates(t *testing.T) {
	restart := func(back history.Micros) []history.Event {
		return []history.Event{program(0, "bk/new", 7), seen(1050*ms, "new", "MAINT"), seen(back, "new", "UP"), program(1405*ms, "bk/new", 0), program(1500*ms, "bk/new", 8)}
	}
	end := with(seen(2000*ms, "new", "UP"))
	runCases(t, []verdictCase{
		{"as one look saw both", build{events: func(all []history.Event) []history.Event {
			return end(ran(nil, "", restart(1400*ms)...).events(all))
		}}, Pass, "procedure", "3 of 3"},
		{"long after it was back", build{events: func(all []history.Event) []history.Event {
			return end(ran(nil, "", restart(1100*ms)...).events(all))
		}}, Fail, DrainedName, "bk/new was in service when its nginx ended"},
	})
}

// An nginx that ended in maintenance is not missed while something answers at
// its address.
func TestSomethingAnswersInItsPlace(t *testing.T) {
	b := ran([]string{"bk/new"}, "", append(atAddress("new"), program(0, "bk/new", 7), seen(1100*ms, "new", "MAINT"), program(1150*ms, "bk/new", 0), seen(1300*ms, "new", "UP"))...)
	runCases(t, []verdictCase{{"it answers", b, Pass, "procedure", "3 of 3"}})
}
