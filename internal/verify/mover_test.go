package verify

import (
	"cmp"
	"slices"
	"testing"

	"halab/internal/history"
)

// commands adds commands of the second step, in the order of the file.
func commands(all ...history.Step) func([]history.Event) []history.Event {
	return func(events []history.Event) []history.Event {
		for _, s := range all {
			s.Index, s.Phase, s.Text, s.Command = 2, history.Command, s.Kind+": "+s.Server, cmp.Or(s.Command, s.Kind)
			i := slices.IndexFunc(events, func(e history.Event) bool { return writtenAt(e) > s.At })
			events = slices.Insert(events, i, history.Event(&s))
		}
		return events
	}
}

// A switch is measured from the first command that can have moved the traffic.
func TestSwitchIsMeasuredFromItsCommand(t *testing.T) {
	slow := both(from(moved, "old"), from(1401*ms, "new"))
	for _, c := range []struct {
		name string
		build
		took history.Micros
		step int
	}{
		{"the only one", build{}, 2 * ms, 1},
		{"the old server is ended before the new one answers", build{request: slow, events: commands(history.Step{At: 1400 * ms, Kind: "stop", Server: "bk/old"})}, 402 * ms, 1},
		{"the new server is dealt with before it answers", build{request: slow, events: commands(history.Step{At: 1400 * ms, Kind: "weight", Server: "bk/new"})}, 402 * ms, 1},
		{"a third one is", build{events: commands(history.Step{At: 500 * ms, Kind: "maint", Server: "bk/other"})}, 2 * ms, 1},
		{"the new one was prepared", build{events: commands(
			history.Step{At: 200 * ms, Kind: "maint", Server: "bk/new"}, history.Step{At: 300 * ms, Kind: "replace", Server: "bk/new"}, history.Step{At: 400 * ms, Kind: "ready", Server: "bk/new"})}, 2 * ms, 1},
		{"something was prepared by a command", build{events: commands(history.Step{At: 500 * ms, Kind: "run", AnyServer: true})}, 2 * ms, 1},
		{"the old one was paused and went on", build{events: commands(
			history.Step{At: 100 * ms, Kind: "pause", Server: "bk/old"}, history.Step{At: 150 * ms, Kind: "resume", Server: "bk/old"})}, 2 * ms, 1},
		{"the old one was paused and did not go on", build{events: commands(history.Step{At: 500 * ms, Kind: "pause", Server: "bk/old"})}, 502 * ms, 2},
		{"the old one was paused and something else was made ready", build{events: commands(
			history.Step{At: 500 * ms, Kind: "pause", Server: "bk/old"}, history.Step{At: 600 * ms, Kind: "resume", Server: "bk/other"})}, 502 * ms, 2},
		{"the old one was given less", build{events: commands(history.Step{At: 100 * ms, Kind: "weight", Server: "bk/old", Command: "set weight bk/old 50"})}, 2 * ms, 1},
		{"the old one was given nothing", build{events: commands(history.Step{At: 500 * ms, Kind: "weight", Server: "bk/old", Command: "set weight bk/old 0"})}, 502 * ms, 2},
		{"the old one was given nothing twice", build{events: commands(
			history.Step{At: 500 * ms, Kind: "weight", Server: "bk/old", Command: "set weight bk/old 0"}, history.Step{At: 600 * ms, Kind: "weight", Server: "bk/old", Command: "set weight bk/old 0"})}, 502 * ms, 2},
		{"the old one was given nothing, and something again", build{events: commands(
			history.Step{At: 500 * ms, Kind: "weight", Server: "bk/old", Command: "set weight bk/old 0"}, history.Step{At: 600 * ms, Kind: "weight", Server: "bk/old", Command: "set weight bk/old 10"})}, 2 * ms, 1},
		{"a request that was sent before it", build{request: between("new", 991*ms, 1000*ms, "new"), events: func(all []history.Event) []history.Event {
			return commands(history.Step{At: 100 * ms, Kind: "weight", Server: "bk/old", Command: "set weight bk/old 50"})(late("new-100", 10*ms)(all))
		}}, 2 * ms, 1},
		{"by hand: what was seen, not the instruction", build{request: from(600*ms, "new"), events: byHandAt(100*ms, 599*ms)}, 3 * ms, 1},
		{"by hand: the first new answer, where that came before a look", build{request: from(600*ms, "new"), events: byHandAt(100*ms, 700*ms)}, ms, 1},
		{"a command alone moves it", build{request: from(600*ms, "new"), events: func(all []history.Event) []history.Event {
			all = stepsOnly(func(s *history.Step) {
				if s.Phase == history.Command {
					s.Kind, s.Server, s.AnyServer, s.At = "run", "", true, 500*ms
				}
			})(all)
			slices.SortStableFunc(all[1:len(all)-2], func(a, b history.Event) int { return int(writtenAt(a) - writtenAt(b)) })
			return all
		}}, 102 * ms, 1},
	} {
		v := c.check(t)
		if len(v.Switches) != 1 || v.Switches[0].Took != c.took || v.Switches[0].Step != c.step {
			t.Errorf("%s: want %s after step %d: %+v\n%s", c.name, c.took, c.step, v.Switches, listed(v.Findings))
		}
	}
}

// flips makes the steps two commands of the user's, the second of which comes
// when maint would.
func flips(first history.Micros) func([]history.Event) []history.Event {
	return func(all []history.Event) []history.Event {
		all = stepsOnly(func(s *history.Step) {
			if s.Phase == history.Command {
				s.Kind, s.Server, s.AnyServer = "run", "", true
			}
		})(all)
		return commands(history.Step{At: first, Kind: "run", AnyServer: true})(withStates(weighed(first+ms, "other", 2), weighed(command+ms, "other", 3))(all))
	}
}

// weighed is a server that serves, with a weight.
func weighed(at history.Micros, server string, weight int64) *history.ServerState {
	s := seen(at, server, "UP")
	s.Weight = weight
	return s
}

// Where one of two commands moved the traffic nobody knows which did.
func TestSwitchAfterOneOfTwoCommands(t *testing.T) {
	const expect = "!  switch: {from: bk/old, to: bk/new, within: 300ms}"
	runCases(t, []verdictCase{
		{"both in time", build{expect: expect, events: flips(800 * ms)}, Pass, "switch", "first answer of the new server 202ms after the command"},
		{"the last in time", build{expect: expect, events: flips(100 * ms)}, Inconclusive, "switch",
			"902ms after the command, both answered for 0s; 300ms is allowed, and it was 2ms after the command of step 1: which of them moved the traffic cannot be known"},
		{"the last in time, for a request that was sent before it", build{expect: expect, request: between("new", 991*ms, 1000*ms, "new"), events: func(all []history.Event) []history.Event {
			return flips(100 * ms)(late("new-100", 10*ms)(all))
		}}, Inconclusive, "switch", "2ms after the command of step 1"},
		{"neither in time", build{expect: expect, request: both(from(moved, "old"), from(1401*ms, "new")), events: flips(100 * ms)}, Fail, "switch", "1.3s after the command, both answered for 0s; 300ms is allowed"},
	})
}

// On the way back the server that comes in is stopped and started first, which
// moves nothing while it is in maintenance.
func TestSwitchBackIsMeasuredFromReady(t *testing.T) {
	b := back(1500 * ms)
	add := b.events
	b.events = func(all []history.Event) []history.Event {
		return commands(history.Step{At: 1100 * ms, Kind: "stop", Server: "bk/old"}, history.Step{At: 1200 * ms, Kind: "start", Server: "bk/old"})(add(all))
	}
	v := b.check(t)
	if len(v.Switches) != 2 || v.Switches[1].Took != 2*ms || v.Switches[1].Command != 1500*ms {
		t.Errorf("%+v", v.Switches)
	}
}

// byHandAt makes the first step one that was done by hand: told at one time,
// and seen at another.
func byHandAt(told, seen history.Micros) func([]history.Event) []history.Event {
	return func(all []history.Event) []history.Event {
		all = stepsOnly(func(s *history.Step) {
			if s.Phase == history.Command {
				s.Kind, s.Server, s.AnyServer, s.At = "manual", "", true, told
			}
		})(all)
		all = commands(history.Step{At: seen, Kind: "manual", Server: "bk/old", Saw: "MAINT"})(all)
		for _, e := range all {
			if s, ok := e.(*history.Step); ok && s.Saw != "" {
				s.Index = 1
			}
		}
		slices.SortStableFunc(all[1:len(all)-2], func(a, b history.Event) int { return int(writtenAt(a) - writtenAt(b)) })
		return all
	}
}
