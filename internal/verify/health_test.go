package verify

import (
	"fmt"
	"slices"
	"strings"
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
				if s, ok := e.(*history.ServerState); ok && s.Server.Server == "other" && s.At < 500*ms {
					s.Status = "DOWN"
				}
			}
			return withStates(seen(500*ms, "other", "UP"))(all)
		}}, Pass, "health", "2 changes of state"},
		{"nothing was seen", build{events: unseen}, Inconclusive, "health", "no state of a server was recorded"},
	})
}

// dealt adds a command on a server and the states that follow.
func dealt(kind, server string, states ...*history.ServerState) func([]history.Event) []history.Event {
	return dealtAt(1300*ms, kind, server, states...)
}

// Each kind of step lets its server become something, and no more.
func TestHealthAfterAStep(t *testing.T) {
	down := []*history.ServerState{seen(1400*ms, "new", "DOWN"), seen(1500*ms, "new", "UP")}
	for _, kind := range []string{"bandwidth", "cut", "drain", "kill", "latency", "maint", "pause", "quit", "replace", "start", "stop", "something new"} {
		verdictCase{kind, build{events: dealt(kind, "bk/new", down...)}, Pass, "health", "3 changes of state, each after a step"}.run(t)
	}
	for _, kind := range []string{"heal", "ready", "reload", "resume", "upgrade", "weight"} {
		verdictCase{kind, build{events: dealt(kind, "bk/new", down...)}, Fail, "health", "no step had asked for it: bk/new went from UP to DOWN at 1.400s"}.run(t)
	}
	anybody := func(all []history.Event) []history.Event {
		return withStates(seen(1400*ms, "new", "DOWN"), seen(1500*ms, "old", "UP"), seen(1600*ms, "new", "UP"))(commands(history.Step{At: 1300 * ms, Kind: "run", AnyServer: true})(all))
	}
	runCases(t, []verdictCase{
		{"a weight of 0", build{events: dealt("weight", "bk/new", seen(1400*ms, "new", "DRAIN"))}, Pass, "health", "2 changes"},
		{"maintenance after a weight", build{events: dealt("weight", "bk/new", seen(1400*ms, "new", "MAINT"))}, Fail, "health", "bk/new went from UP to MAINT"},
		{"maintenance is left", build{events: dealt("ready", "bk/old", seen(1400*ms, "old", "UP"))}, Pass, "health", "2 changes"},
		{"maintenance is left by itself", build{events: withStates(seen(1400*ms, "old", "UP"))}, Fail, "health", "bk/old went from MAINT to UP"},
		{"maintenance is left, and the server was stopped", build{events: dealt("stop", "bk/old", seen(1400*ms, "old", "DOWN"))}, Fail, "health", "bk/old went from MAINT to DOWN"},
		{"a look that is told late", build{events: dealt("ready", "bk/old", seen(1040*ms, "old", "UP"), seen(1301*ms, "old", "MAINT"), seen(1400*ms, "old", "UP"))}, Pass, "health", "changes"},
		{"anybody", build{events: anybody}, Pass, "health", "4 changes of state, each after a step on that server or a command of yours"},
	})
}

// What a step has let a server do ends with the step that ends it.
func TestHealthAfterAllIsOver(t *testing.T) {
	taken := history.Step{At: 1310 * ms, Kind: "reload", Takeover: true}
	of := func(at history.Micros, kind string) history.Step {
		return history.Step{At: at, Kind: kind, Server: "bk/new"}
	}
	weigh := func(at history.Micros, value string) history.Step {
		return history.Step{At: at, Kind: "weight", Server: "bk/new", Command: "set weight bk/new " + value}
	}
	then := func(last *history.ServerState, steps ...history.Step) build {
		return build{events: func(all []history.Event) []history.Event { return withStates(last)(commands(steps...)(all)) }}
	}
	between := func(b build, status string) build { // seen so from 150 to 250 ms
		return build{events: func(all []history.Event) []history.Event {
			return withStates(seen(150*ms, "new", status), seen(250*ms, "new", "UP"))(b.events(all))
		}}
	}
	stray := "no step had asked for it: bk/new went from UP to "
	runCases(t, []verdictCase{
		{"maintenance again", between(then(seen(1300*ms, "new", "MAINT"), of(100*ms, "maint"), of(200*ms, "ready")), "MAINT"), Fail, "health", stray + "MAINT at 1.300s"},
		{"a look that is told late", then(seen(1600*ms, "new", "MAINT"), of(600*ms, "maint"), of(700*ms, "ready")), Pass, "health", "2 changes"},
		{"of another HAProxy none is", then(seen(1400*ms, "new", "MAINT"), of(1300*ms, "maint"), of(1301*ms, "ready"), taken), Fail, "health", stray + "MAINT at 1.400s"},
		{"another HAProxy that knows of it", then(seen(1400*ms, "new", "MAINT"), of(1300*ms, "ready"), of(1301*ms, "maint"), taken), Pass, "health", "2 changes"},
		{"drained again", then(seen(1300*ms, "new", "DRAIN"), of(100*ms, "drain"), of(200*ms, "ready")), Fail, "health", stray + "DRAIN"},
		{"maintenance that a drain has ended", then(seen(1300*ms, "new", "MAINT"), of(100*ms, "maint"), of(200*ms, "drain")), Fail, "health", stray + "MAINT"},
		{"no weight again", then(seen(1300*ms, "new", "DRAIN"), weigh(100*ms, "0"), weigh(200*ms, "10")), Fail, "health", stray + "DRAIN"},
		{"a weight is no 0", then(seen(300*ms, "new", "DRAIN"), weigh(200*ms, "10")), Fail, "health", stray + "DRAIN"},
		{"ready gives no weight", then(seen(1300*ms, "new", "DRAIN"), weigh(100*ms, "0"), of(200*ms, "ready")), Pass, "health", "2 changes"},
		{"a weight ends no drain", then(seen(1300*ms, "new", "DRAIN"), of(100*ms, "drain"), weigh(200*ms, "10")), Pass, "health", "2 changes"},
		{"ready before maintenance", build{events: dealtAt(900*ms, "ready", "bk/old", seen(1700*ms, "old", "UP"))}, Fail, "health", "bk/old went from MAINT to UP at 1.700s"},
		{"a look under way when it was put back", build{events: func(all []history.Event) []history.Event {
			all = commands(of(1210*ms, "maint"), of(1300*ms, "ready"), of(1350*ms, "maint"))(all)
			return withStates(seen(1220*ms, "new", "MAINT"), seen(1351*ms, "new", "UP"), seen(1400*ms, "new", "MAINT"))(all)
		}}, Pass, "health", "4 changes"},
	})
}

// dealtAt adds a command at a time, and the states that follow.
func dealtAt(at history.Micros, kind, server string, states ...*history.ServerState) func([]history.Event) []history.Event {
	return func(all []history.Event) []history.Event {
		return withStates(states...)(commands(history.Step{At: at, Kind: kind, Server: server})(all))
	}
}

// A time in which nobody looked is no time in which nothing happened.
func TestUnwatched(t *testing.T) {
	blind := func(server string) func([]history.Event) []history.Event {
		return func(all []history.Event) []history.Event {
			return slices.DeleteFunc(all, func(e history.Event) bool {
				s, ok := e.(*history.ServerState)
				return ok && s.Server.Server == server && s.At > ms
			})
		}
	}
	runCases(t, []verdictCase{
		{"to the end", build{events: blind("new")}, Inconclusive, "health", "the state of bk/new is not known from 0.000s to 2.010s; 2s is allowed"},
		{"a fall outweighs it", build{events: func(all []history.Event) []history.Event {
			return withStates(seen(500*ms, "new", "DOWN"))(blind("other")(all))
		}}, Fail, "health", "no step had asked for it"},
	})
	v := build{events: func(all []history.Event) []history.Event { return blind("new")(all[:len(all)-1]) }}.check(t)
	if len(v.find("health", Pass)) != 1 {
		t.Errorf("of a run that was cut:\n%s", listed(v.Findings))
	}
}

// The host is to blame for a time in which nobody looked where it held halab up
// for most of it.
func TestUnwatchedWhileTheHostHeldItUp(t *testing.T) {
	blind := func(events ...history.Event) func([]history.Event) []history.Event {
		return func(all []history.Event) []history.Event {
			all = slices.DeleteFunc(all, func(e history.Event) bool {
				s, ok := e.(*history.ServerState)
				return ok && s.Server.Server == "new" && s.At > ms
			})
			return slices.Insert(all, len(all)-2, events...)
		}
	}
	host := func(at, held history.Micros, by string) history.Event {
		return &history.Host{At: at, Lasted: 1000 * ms, Held: held, HeldBy: by}
	}
	slow := func(n int, starved history.Micros, by string) history.Event {
		return &request{ID: fmt.Sprintf("step-%d", n), Lane: history.StepLane, Intended: 100 * ms, Sent: 100 * ms, First: 1900 * ms, Done: 1900 * ms, Status: 200, Want: 4, Got: 4,
			Header: "nginx/1.18.0", Server: "bk/old", Outcome: history.OK, Starved: starved, StarvedBy: by}
	}
	many := make([]history.Event, 0, maxStarving+1)
	for n := range maxStarving {
		many = append(many, slow(n+1, 1, history.HeldByDisk))
	}
	for _, c := range []struct {
		name     string
		events   []history.Event
		measured string
		text     string
	}{
		{"a moment", []history.Event{host(1500*ms, 1, history.HeldByCPU)}, "", "2s is allowed"},
		{"less than half", []history.Event{host(1000*ms, 500*ms, history.HeldByCPU), host(2000*ms, 500*ms, history.HeldByCPU)}, "", "2s is allowed"},
		{"a second each of two records", []history.Event{host(1000*ms, 900*ms, history.HeldByDisk), host(2000*ms, 800*ms, history.HeldByCPU)}, history.HeldByDisk, "the host stood still for 1.7s (io)"},
		{"stolen", []history.Event{host(1000*ms, 900*ms, history.HeldBySteal), host(2000*ms, 800*ms, "")}, history.HeldBySteal, "its hypervisor ran others"},
		{"an older history", []history.Event{host(1000*ms, 900*ms, ""), host(2000*ms, 800*ms, "")}, bySchedstat, "CPU-starved for 1.7s (schedstat)"},
		{"at another time", []history.Event{host(9000*ms, 1000*ms, ""), host(9000*ms, 1000*ms, "")}, "", "2s is allowed"},
		{"a client waited", []history.Event{slow(1, 1500*ms, history.HeldBySelf)}, history.HeldBySelf, "halab's schedule was 1.5s late"},
		{"a client waited after many", append(many, slow(maxStarving+1, 1500*ms, history.HeldByCPU)), history.HeldByCPU, "CPU-starved for 1.5s"},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := build{events: blind(c.events...)}.check(t)
			v.wants(t, Inconclusive, "health", "the state of bk/new is not known from 0.000s to 2.010s")
			v.wants(t, Inconclusive, "health", c.text)
			for _, f := range v.find("health", Inconclusive) {
				if f.Measured != c.measured || c.measured == "" && strings.Contains(f.Text, "meanwhile") {
					t.Errorf("measured by %q: %s", f.Measured, f.Text)
				}
			}
		})
	}
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
		{"back from its command on", build{expect: "min-weight: 1", events: func(all []history.Event) []history.Event {
			all = commands(history.Step{At: 1300 * ms, Kind: "ready", Server: "bk/old"}, history.Step{At: 1310 * ms, Kind: "maint", Server: "bk/new"}, history.Step{At: 1311 * ms, Kind: "maint", Server: "bk/other"})(all)
			return withStates(seen(1500*ms, "old", "UP"), seen(1501*ms, "new", "MAINT"), seen(1502*ms, "other", "MAINT"))(all)
		}}, Pass, "capacity", "never fell below 1"},
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

func inService(all []history.Event) []history.Event {
	return stepsOnly(func(s *history.Step) { s.InService = s.Sessions != nil })(stops(0)(all))
}

func TestDrained(t *testing.T) {
	runCases(t, []verdictCase{
		{"none left", build{events: stops(0)}, Pass, "drained before stopped", "1 server was stopped with no session left"},
		{"one left", build{events: stops(1)}, Fail, "drained before stopped", "bk/old had 1 session when step 1 maint: bk/old stopped it"},
		{"in service, between two requests", build{events: inService}, Fail, "drained before stopped", "bk/old was in service, with 0 sessions, when step 1 maint: bk/old stopped it"},
		{"in service, whatever the budget", build{expect: "undrained: 1", events: inService}, Fail, "drained before stopped", "bk/old was in service, with 0 sessions, when step 1"},
		{"within the budget", build{expect: "undrained: 3", events: stops(3)}, Pass, "drained before stopped", "1 server was stopped with at most 3 sessions left"},
	})
	if v := (build{}).check(t); len(v.find("drained before stopped", Pass)) > 0 {
		t.Error("told of a server that was not stopped")
	}
}
