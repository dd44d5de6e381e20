package verify

import (
	"slices"
	"strings"
	"testing"

	"halab/internal/history"
)

// The stretch in which a built run stands still, from just before its command.
const (
	still = 995 * ms
	again = still + 1100*ms
)

// answeredLate lets what was due in the standstill be answered at its end. By
// HAProxy's log it took as long as took says.
func answeredLate(took func(r *request) history.Micros) func(*request) {
	return func(r *request) {
		if r.Lane == "new" && r.Intended >= still && r.Intended < again {
			r.First, r.Done = again, again
			r.Log.Arrived, r.Log.Ta = r.Sent+100, int64(took(r)/ms)
		}
	}
}

func allOfIt(*request) history.Micros { return 1000 * ms }

func noneOfIt(*request) history.Micros { return ms }

// slept lets halab itself stand still: what was due is sent at the end, and
// what had been sent is read then.
func slept(r *request) {
	if r.Intended < still-ms || r.Intended >= again {
		return
	}
	if r.Intended >= still {
		r.Sent = again
	}
	r.First, r.Done = again+ms, again+ms
	r.Log.Arrived, r.Log.Ta = r.Sent+100, 1
}

func TestStandstill(t *testing.T) {
	frozen := answeredLate(allOfIt)
	early := func(r *request) { // as slow before any step
		if r.Lane == "new" && r.Intended < 90*ms {
			r.First, r.Done = 900*ms, 900*ms
		}
	}
	unsent := func(id string, late history.Micros) func(*request) {
		return both(frozen, only(id, func(r *request) {
			lose(r, history.Unsent)
			r.Done = r.Intended + late
		}))
	}
	shorter := func(r *request) {
		if r.ID == "new-105" {
			r.First, r.Done = r.Sent+1050*ms, r.Sent+1050*ms
		}
	}
	runCases(t, []verdictCase{
		{"nothing waits", build{}, Pass, "standstill", "from the first command on nobody waited longer than 1ms for an answer (on"},
		{"all wait and are answered", build{request: frozen}, Fail, "standstill", "the traffic stood still for 1.09s on new, from 1.001s; 1s is allowed; it began after step 1 maint: bk/old"},
		{"HAProxy stood still, and its log does not tell", build{request: answeredLate(noneOfIt)}, Fail, "standstill", "the traffic stood still for 1.09s on new"},
		{"longer is allowed", build{expect: "latency: {max: 2s}", request: frozen}, Pass, "standstill", "nobody waited longer than 1.09s"},
		{"a p99 of more is no bound of the longest", build{expect: "latency: {p99: 2s}", request: frozen}, Fail, "standstill", "for 1.09s on new, from 1.001s; 1s is allowed"},
		{"nor is a factor of the p99", build{expect: "latency: {factor: 2000}", request: both(early, frozen)}, Fail, "standstill", "for 1.09s on new, from 1.001s; 1s is allowed"},
		{"less is allowed", build{expect: "latency: {max: 50ms}", request: only("new-105", func(r *request) { r.First, r.Done = r.First+60*ms, r.Done+60*ms })}, Fail, "standstill", "for 61ms on new, from 1.041s; 50ms is allowed"},
		{"less was allowed before any step", build{expect: "latency: {max: 50ms}", request: only("new-50", func(r *request) { r.First, r.Done = r.First+60*ms, r.Done+60*ms })}, Pass, "standstill", "longer than 1ms"},
		{"not as slow before", build{request: both(early, shorter)}, Fail, "standstill", "for 1.05s on new"},
		{"retries are told by another rule", build{expect: "masked: 1", request: retried(1000)}, Pass, "standstill", "nobody waited longer than 1.01s (up to 1s of it by HAProxy's retries) for an answer (on new"},
		{"a retry is a second", build{expect: "masked: 1\n  latency: {max: 500ms}", request: retried(1600)}, Fail, "standstill", "the traffic stood still for 1.61s (up to 1s of it by HAProxy's retries) on new, from 1.041s; 500ms is allowed"},
		{"halab stood still", build{expect: "max-gap: 2s", request: slept}, Inconclusive, "standstill", "while halab itself stood still"},
		{"halab was too late for a tick meanwhile", build{request: unsent("kept-70", 600*ms)}, Inconclusive, "standstill", "while halab itself stood still"},
		{"or late, but not by much", build{request: unsent("kept-70", 400*ms)}, Fail, "standstill", "the traffic stood still for 1.09s on new"},
		{"or gave one up at once", build{request: unsent("kept-70", 0)}, Fail, "standstill", "the traffic stood still for 1.09s on new"},
		{"or was too late at another time", build{request: unsent("kept-10", 600*ms)}, Fail, "standstill", "the traffic stood still for 1.09s on new"},
		{"halab stood still, in mode tcp", build{mode: "tcp", expect: "max-gap: 2s", request: slept}, Inconclusive, "standstill", "while halab itself stood still"},
		{"halab was late on one connection", build{request: only("kept-105", func(r *request) {
			r.Sent, r.First, r.Done = r.Sent+960*ms, r.Sent+1050*ms, r.Sent+1050*ms
		})}, Inconclusive, "standstill", "somebody waited 1.05s on kept, from 1.041s"},
		{"HAProxy had no processor", build{request: both(frozen, starvedFor(1000*ms))}, Inconclusive, "standstill", "somebody waited 1.09s on new, from 1.001s, while HAProxy, nginx or halab was CPU-starved"},
		{"HAProxy had none for less than half of it", build{request: both(frozen, starvedFor(400*ms))}, Fail, "standstill", "the traffic stood still for 1.09s on new"},
		{"both stood still", build{expect: "max-gap: 2s", request: both(slept, only("new-100", func(r *request) {
			r.First, r.Done, r.Log.Arrived, r.Log.Ta = r.Sent+1104*ms, r.Sent+1104*ms, r.Sent, 1103
		}))}, Fail, "standstill", "for 1.1s on new, from 0.991s"},
	})
}

// starvedFor lets HAProxy wait for a processor in every long wait.
func starvedFor(d history.Micros) func(*request) {
	return func(r *request) {
		if r.Done-r.Intended > 1000*ms {
			r.Starved = d
		}
	}
}

// retried is a request that HAProxy tried to connect for so many milliseconds,
// twice.
func retried(tc int64) func(*request) {
	return only("new-105", func(r *request) {
		r.Log.Retries, r.Log.Tc = 1, tc
		r.First, r.Done = r.First+history.Micros(tc)*ms+10*ms, r.Done+history.Micros(tc)*ms+10*ms
	})
}

// As slow as before the steps is no standstill, for whoever sets no bound.
func TestAsSlowAsBefore(t *testing.T) {
	slow := func(r *request) {
		switch r.ID {
		case "poll-1":
			r.First, r.Done = r.Sent+998*ms, r.Sent+998*ms
		case "poll-4":
			r.First, r.Done = r.Sent+997*ms, r.Sent+997*ms
		}
	}
	events := build{request: slow}.history()
	for _, e := range events { // the first is due earlier than a run can begin
		if r, ok := e.(*request); ok && r.ID == "poll-1" {
			r.Intended, r.Sent = 0, 1
		}
	}
	if v := check(t, &source{events: events}); v.Result != Pass {
		t.Error(v.Reasons)
	}
	s := newStandstill(newRun(mustParse(t, build{}), build{}.header()))
	for before, want := range map[history.Micros]history.Micros{0: longWait, 300 * ms: longWait, 3000 * ms: 3000 * ms} {
		if got := s.limit("new", before); got != want {
			t.Errorf("%s before the steps: %s is allowed, want %s", before, got, want)
		}
	}
}

func TestQuietStreams(t *testing.T) {
	quiet := func(from, length history.Micros) func([]history.Event) []history.Event {
		r := heldBy("1", "old", 2*ms, allOver)
		r.QuietFrom, r.Quiet = from, length
		return withStreams(r)
	}
	downloads := func(r *request) {
		if r.ID == "new-105" {
			r.Lane, r.ID, r.First, r.Done = "download", "download-1", r.First+1500*ms, r.Done+1500*ms
		}
	}
	runCases(t, []verdictCase{
		{"a message each interval", build{events: quiet(1100*ms, 201*ms)}, Pass, "standstill", "nobody waited longer than 1ms"},
		{"no message for long", build{events: quiet(800*ms, 1300*ms)}, Fail, "standstill", "the traffic stood still for 1.1s on stream, from 0.800s; 1s is allowed; it began after step 1 maint"},
		{"not known from when", build{events: quiet(0, 1300*ms)}, Fail, "standstill", "for 1.1s on stream"},
		{"no message while HAProxy had no processor", build{events: func(all []history.Event) []history.Event {
			all = quiet(800*ms, 1300*ms)(all)
			for _, e := range all {
				if r, ok := e.(*request); ok && r.Quiet > 0 {
					r.Starved = 1200 * ms
				}
			}
			return all
		}}, Inconclusive, "standstill", "while HAProxy, nginx or halab was CPU-starved"},
		{"before the steps", build{expect: "latency: {max: 300ms}", events: quiet(100*ms, 700*ms)}, Pass, "standstill", "nobody waited longer than 1ms"},
		{"a download lasts", build{request: downloads, events: without(func(*request) bool { return false })}, Inconclusive, "coverage", ""},
	})
	if v := (build{request: downloads}).check(t); len(v.find("standstill", Fail)) > 0 {
		t.Error("a download that lasts is called a standstill")
	}
}

// The longest wait is part of how sure a PASS is.
func TestPassTellsTheLongestWait(t *testing.T) {
	if v := (build{}).check(t); !strings.Contains(strings.Join(v.Reasons, "\n"), "nobody waited longer than 1ms") {
		t.Error(v.Reasons)
	}
}

// Two requests of a lane are up to twice its interval apart, by its schedule:
// that is no sign that halab slept.
func TestStandstillOfASparseLane(t *testing.T) {
	sent := func(at ...history.Micros) func([]history.Event) []history.Event {
		return func(all []history.Event) []history.Event {
			h := *all[0].(*history.Header)
			h.Lanes = []history.Lane{{Name: "new", Interval: 200 * ms}}
			all[0] = &h
			return slices.DeleteFunc(all, func(e history.Event) bool {
				switch e := e.(type) {
				case *request:
					return e.Lane != "new" || e.Intended > command && !slices.Contains(at, e.Intended) && e.Intended < 2000*ms
				case *history.ServerState:
					return e.At > ms
				}
				return false
			})
		}
	}
	waits := only("new-101", func(r *request) { r.Done, r.First = r.Done+1000*ms, r.First+1000*ms })
	for _, c := range []struct {
		name string
		at   []history.Micros
		want Result
	}{
		{"as far apart as it may be", []history.Micros{1001 * ms, 1391 * ms, 1401 * ms, 1791 * ms, 1801 * ms}, Fail},
		{"halab slept", []history.Micros{1001 * ms, 1801 * ms}, Inconclusive},
	} {
		v := build{mode: "tcp", expect: "latency: {max: 500ms}", request: waits, events: sent(c.at...)}.check(t)
		if len(v.find("standstill", c.want)) != 1 {
			t.Errorf("%s:\n%s", c.name, listed(v.Findings))
		}
	}
}
