package verify

import (
	"slices"
	"testing"

	"halab/internal/history"
)

// commands adds commands of the second step, in the order of the file.
func commands(all ...history.Step) func([]history.Event) []history.Event {
	return func(events []history.Event) []history.Event {
		for _, s := range all {
			s.Index, s.Phase, s.Text, s.Command = 2, history.Command, s.Kind+": "+s.Server, s.Kind
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
		{"the only one", build{}, 1 * ms, 1},
		{"the old server is ended before the new one answers", build{request: slow, events: commands(history.Step{At: 1400 * ms, Kind: "stop", Server: "bk/old"})}, 401 * ms, 1},
		{"the new server is dealt with before it answers", build{request: slow, events: commands(history.Step{At: 1400 * ms, Kind: "weight", Server: "bk/new"})}, 401 * ms, 1},
		{"a third one is", build{events: commands(history.Step{At: 500 * ms, Kind: "maint", Server: "bk/other"})}, 1 * ms, 1},
		{"the new one was prepared", build{events: commands(
			history.Step{At: 200 * ms, Kind: "maint", Server: "bk/new"}, history.Step{At: 300 * ms, Kind: "replace", Server: "bk/new"}, history.Step{At: 400 * ms, Kind: "ready", Server: "bk/new"})}, 1 * ms, 1},
		{"something was prepared by a command", build{events: commands(history.Step{At: 500 * ms, Kind: "run", AnyServer: true})}, 1 * ms, 1},
		{"a command alone moves it", build{request: from(600*ms, "new"), events: func(all []history.Event) []history.Event {
			all = stepsOnly(func(s *history.Step) {
				if s.Phase == history.Command {
					s.Kind, s.Server, s.AnyServer, s.At = "run", "", true, 500*ms
				}
			})(all)
			slices.SortStableFunc(all[1:len(all)-2], func(a, b history.Event) int { return int(writtenAt(a) - writtenAt(b)) })
			return all
		}}, 101 * ms, 1},
	} {
		v := c.check(t)
		if len(v.Switches) != 1 || v.Switches[0].Took != c.took || v.Switches[0].Step != c.step {
			t.Errorf("%s: want %s after step %d: %+v\n%s", c.name, c.took, c.step, v.Switches, listed(v.Findings))
		}
	}
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
	if len(v.Switches) != 2 || v.Switches[1].Took != 1*ms || v.Switches[1].Command != 1500*ms {
		t.Errorf("%+v", v.Switches)
	}
}
