package verify

import (
	"slices"
	"testing"

	"halab/internal/haproxy"
	"halab/internal/history"
)

func seen(at history.Micros, server, status string) *history.ServerState {
	return &history.ServerState{At: at, Server: haproxy.ServerRef{Backend: "bk", Server: server}, Status: status, Weight: 1, Backup: server != "old"}
}

// withStates adds states, in the order of the file.
func withStates(states ...*history.ServerState) func([]history.Event) []history.Event {
	return func(all []history.Event) []history.Event {
		for _, s := range states {
			i := slices.IndexFunc(all, func(e history.Event) bool { return writtenAt(e) > s.At })
			all = slices.Insert(all, i, history.Event(s))
		}
		return all
	}
}

func TestHealth(t *testing.T) {
	readied := back(1500 * ms)
	readied.events = func(all []history.Event) []history.Event {
		return withStates(seen(1550*ms, "old", "UP"), seen(1700*ms, "old", "DOWN"))(back(1500 * ms).events(all))
	}
	runCases(t, []verdictCase{
		{"as asked", build{}, Pass, "health", "1 change of state, after a step on that server"},
		{"down by itself", build{events: withStates(seen(500*ms, "new", "DOWN"), seen(600*ms, "new", "UP"))}, Fail, "health", "no step had asked for it: bk/new went from UP to DOWN at 0.500s"},
		{"on its way is no change", build{events: withStates(seen(500*ms, "new", "UP 1/3"), seen(600*ms, "new", "UP"))}, Pass, "health", "1 change"},
		{"before the step on it", build{events: withStates(seen(500*ms, "old", "DOWN"))}, Fail, "health", "bk/old went from UP to DOWN at 0.500s"},
		{"down after it was made ready", readied, Fail, "health", "bk/old went from UP to DOWN at 1.700s"},
		{"coming up is no harm", build{events: func(all []history.Event) []history.Event {
			for _, e := range all {
				if s, ok := e.(*history.ServerState); ok && s.Server.Server == "other" {
					s.Status = "DOWN"
				}
			}
			return withStates(seen(500*ms, "other", "UP"))(all)
		}}, Pass, "health", "2 changes of state"},
		{"nothing was seen", build{events: unseen}, Inconclusive, "health", "no state of a server was recorded"},
	})
}

func unseen(all []history.Event) []history.Event {
	return slices.DeleteFunc(all, func(e history.Event) bool { _, ok := e.(*history.ServerState); return ok })
}

func TestCapacity(t *testing.T) {
	runCases(t, []verdictCase{
		{"one server is always up", build{expect: "min-weight: 1"}, Pass, "capacity", "never fell below 1"},
		{"two were wanted", build{expect: "min-weight: 2"}, Fail, "capacity", "fell to 1 at 0.000s; 2 is wanted"},
		{"none was up", build{expect: "min-weight: 1", events: withStates(seen(1060*ms, "new", "MAINT"), seen(1061*ms, "other", "DOWN"))}, Fail, "capacity", "fell to 0 at 1.061s; 1 is wanted"},
		{"one backup counts at a time", build{expect: "min-weight: 2", events: func(all []history.Event) []history.Event {
			for _, e := range all {
				if s, ok := e.(*history.ServerState); ok && s.Server.Server == "old" {
					s.Weight = 2
				}
			}
			return all
		}}, Fail, "capacity", "fell to 1 at 1.000s; 2 is wanted"},
		{"nothing was seen", build{expect: "min-weight: 1", events: unseen}, Inconclusive, "capacity", "not known"},
	})
}

// stops makes the first step one that stops the server with this many
// sessions left.
func stops(sessions int64) func([]history.Event) []history.Event {
	return func(all []history.Event) []history.Event {
		for _, e := range all {
			if s, ok := e.(*history.Step); ok && s.Phase == history.Command {
				s.Sessions = &sessions
			}
		}
		return all
	}
}

func TestDrained(t *testing.T) {
	runCases(t, []verdictCase{
		{"none left", build{events: stops(0)}, Pass, "drained before stopped", "1 server was stopped with no session left"},
		{"one left", build{events: stops(1)}, Fail, "drained before stopped", "bk/old had 1 session when step 1 maint: bk/old stopped it"},
		{"within the budget", build{expect: "undrained: 3", events: stops(3)}, Pass, "drained before stopped", "1 server was stopped with at most 3 sessions left"},
	})
	if v := (build{}).check(t); len(v.find("drained before stopped", Pass)) > 0 {
		t.Error("told of a server that was not stopped")
	}
}
