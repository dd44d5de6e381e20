package verify

import (
	"slices"
	"testing"

	"halab/internal/history"
)

// without leaves out the requests for which drop is true, with their place in
// HAProxy's counter, as if they had never been sent.
func without(drop func(*request) bool) func([]history.Event) []history.Event {
	return func(all []history.Event) []history.Event {
		dropped := int64(0)
		all = slices.DeleteFunc(all, func(e history.Event) bool {
			r, ok := e.(*request)
			if !ok || !drop(r) {
				return false
			}
			dropped++
			return true
		})
		for _, e := range all {
			if c, ok := e.(*history.Counters); ok {
				c.ReqTot -= dropped
			}
		}
		return all
	}
}

func onLane(lane string, begin, end history.Micros) func(*request) bool {
	return func(r *request) bool { return r.Lane == lane && r.Intended >= begin && r.Intended < end }
}

// pause delays what was due in a stretch of time to its end, as when the
// whole machine stood still.
func pause(lanes string, begin, end history.Micros) func(*request) {
	return func(r *request) {
		if (lanes == "" || lanes == r.Lane) && r.Intended >= begin && r.Intended < end {
			r.Sent, r.First, r.Done = end, end+ms, end+ms
		}
	}
}

func TestCoverage(t *testing.T) {
	all := func(*request) bool { return true }
	unsend := func(r *request) { lose(r, history.Unsent) }
	runCases(t, []verdictCase{
		{"dense", build{}, Pass, "coverage", "the largest gap between two probes is 10ms"},
		{"everything stood still", build{request: pause("", 300*ms, 700*ms)}, Inconclusive, "coverage", "the largest gap between two probes is 409ms, at 0.291s; 250ms is allowed"},
		{"everything stood still, which is allowed", build{expect: "max-gap: 500ms", request: pause("", 300*ms, 700*ms)}, Pass, "coverage", "409ms"},
		{"less is allowed", build{expect: "max-gap: 50ms", request: pause("", 300*ms, 400*ms)}, Inconclusive, "coverage", "50ms is allowed"},
		{"the gap of one lane is not hidden by another", build{request: pause("new", 300*ms, 700*ms)}, Inconclusive, "coverage", "nothing was sent on new for 409ms, from 0.291s; 250ms is allowed"},
		{"unsent", build{request: only("kept-33", unsend)}, Inconclusive, "coverage", "1 of 201 requests on kept was never sent; about 99 of 100 a second were kept"},
		{"unsent and lost", build{request: both(only("kept-33", unsend), only("kept-34", func(r *request) { lose(r, history.Reset) }))}, Fail, "no failure", "1 of 200 requests lost on kept"},
		{"half of it unsent", build{request: func(r *request) {
			if r.Lane == "new" && r.Intended%(20*ms) > 10*ms {
				unsend(r)
			}
		}}, Inconclusive, "coverage", "100 of 201 requests on new were never sent; about 50 of 100 a second were kept"},
		{"unsent on a slow lane", build{request: only("poll-2", unsend)}, Inconclusive, "coverage", "about 1.6 of 2 a second were kept"},
		{"unsent is a gap", build{request: func(r *request) {
			if onLane("kept", 300*ms, 700*ms)(r) {
				unsend(r)
			}
		}}, Inconclusive, "coverage", "nothing was sent on kept for 410ms"},
		{"stale has probed nothing", build{expect: "stale: 99", request: func(r *request) {
			if onLane("kept", 300*ms, 700*ms)(r) {
				stalled(r)
			}
		}}, Inconclusive, "coverage", "nothing was sent on kept for 410ms"},
		{"no traffic", build{expect: "-", events: without(all)}, Inconclusive, "coverage", "no request was sent, so nothing is proved"},
		{"nothing on one lane", build{events: without(onLane("kept", 0, allOver))}, Inconclusive, "coverage", "no request was sent on kept"},
		{"one request on one lane", build{events: without(onLane("kept", 2*ms, allOver))}, Inconclusive, "coverage", "nothing was sent on kept for 2.01s"},
		{"one lane ends early", build{events: without(onLane("new", 1500*ms, allOver))}, Inconclusive, "coverage", "nothing was sent on new for 519ms, from 1.491s"},
		{"all lanes end early", build{expect: "-", events: without(func(r *request) bool { return r.Intended > 900*ms })}, Inconclusive, "coverage", "the largest gap"},
		{"one lane begins late", build{events: without(onLane("new", 0, 700*ms))}, Inconclusive, "coverage", "nothing was sent on new for 701ms, from 0.000s"},
		{"a record is missing", build{events: without(func(r *request) bool { return r.ID == "new-100" })}, Inconclusive, "coverage", "1 request of new is missing"},
		{"a record is there twice", build{events: twice("new-100")}, Inconclusive, "coverage", "1 request of new is there twice"},
		{"a missing record is not made up for", build{events: func(all []history.Event) []history.Event {
			return twice("new-100")(without(func(r *request) bool { return r.ID == "new-50" })(all))
		}}, Inconclusive, "coverage", "1 request of new is missing"},
		{"nor does it make up for one", build{events: func(all []history.Event) []history.Event {
			return twice("new-100")(without(func(r *request) bool { return r.ID == "new-50" })(all))
		}}, Inconclusive, "coverage", "1 request of new is there twice"},
		{"as many as the prober began", build{events: issued(201)}, Pass, "coverage", "largest gap"},
		{"the last are missing", build{events: issued(204)}, Inconclusive, "coverage", "3 requests of new are missing"},
		{"more than the prober began", build{events: issued(200)}, Inconclusive, "coverage", "1 request of new is there that the prober never began"},
		{"all of a lane are missing", build{events: atEnd(func(e *history.End) { e.Issued = map[string]int64{"h2": 7} })}, Inconclusive, "coverage", "7 requests of h2 are missing"},
	})
}

func twice(id string) func([]history.Event) []history.Event {
	return func(all []history.Event) []history.Event {
		i := slices.IndexFunc(all, func(e history.Event) bool { r, ok := e.(*request); return ok && r.ID == id })
		return slices.Insert(all, i, all[i])
	}
}

// issued says how many requests of new the prober began.
func issued(n int64) func([]history.Event) []history.Event {
	return atEnd(func(e *history.End) { e.Issued = map[string]int64{"new": n} })
}

// The numbers that are kept do not grow with the run, but for what is missing.
func TestRecords(t *testing.T) {
	var l records
	for _, n := range []int64{2, 1, 4, 3, 3, 9, 7, 0, 8, 1, 10} {
		l.add(n)
	}
	if highest, distinct := l.highest(); highest != 10 || distinct != 8 || l.twice != 2 || l.ticks != 11 || len(l.numbers) != 2 {
		t.Errorf("%d, %d: %+v", highest, distinct, l)
	}
}

// A request that was refused or lost has probed: it saw the outage.
func TestLossesAreProbes(t *testing.T) {
	v := build{request: func(r *request) {
		if r.Intended > 300*ms && r.Intended < 700*ms {
			lose(r, history.Refused)
		}
	}}.check(t)
	if f := v.find("coverage", Inconclusive); len(f) > 0 || v.Result != Fail {
		t.Errorf("%s, %+v", v.Result, f)
	}
}

func TestOutage(t *testing.T) {
	refused := func(begin, end history.Micros) func(*request) {
		return func(r *request) {
			if onLane("new", begin, end)(r) {
				lose(r, history.Refused)
			}
		}
	}
	runCases(t, []verdictCase{
		{"none", build{}, Pass, "no failure", "0 of 201"},
		{"in the middle", build{request: refused(500*ms, 600*ms)}, Fail, "outage", "the longest outage on new was 100ms (± 10ms), from 0.501s"},
		{"the longest of two", build{request: both(refused(300*ms, 320*ms), refused(500*ms, 600*ms))}, Fail, "outage", "100ms (± 10ms), from 0.501s"},
		{"one request", build{request: only("new-9", func(r *request) { lose(r, history.Reset) })}, Fail, "outage", "10ms (± 10ms), from 0.081s"},
		{"from the start", build{request: refused(0, 100*ms)}, Fail, "outage", "100ms (± 10ms), from 0.001s"},
		{"to the end", build{request: refused(1900*ms, allOver)}, Fail, "outage", "at least 100ms (± 10ms), from 1.901s to the end"},
		{"the last request alone", build{request: only("new-201", func(r *request) { lose(r, history.Reset) })}, Fail, "outage", "at least 0s (± 10ms), from 2.001s to the end"},
		{"a longer one before the one at the end", build{request: both(refused(500*ms, 700*ms), refused(1990*ms, allOver))}, Fail, "outage", "was 200ms (± 10ms), from 0.501s"},
		{"of everything", build{expect: "-", request: refused(0, allOver)}, Fail, "outage", "at least 2s (± 10ms), from 0.001s to the end"},
		{"answers of a stranger", build{request: only("new-9", func(r *request) { r.Header = "nginx/9" })}, Fail, "outage", "on new was 10ms"},
		{"within the budget", build{expect: "lost: 10", request: refused(500*ms, 600*ms)}, Pass, "outage", "100ms"},
	})
	if v := (build{}).check(t); len(v.find("outage", Pass)) > 0 {
		t.Error("an outage in a run without one")
	}
}
