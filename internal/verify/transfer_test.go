package verify

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"halab/internal/history"
	"halab/internal/scenario"
)

// lasting is how long a transfer of a built run takes.
const lasting = 500 * ms

// withTransfers adds a lane of downloads or uploads, one after the other, and
// changes each.
func withTransfers(class string, change func(r *request)) func([]history.Event) []history.Event {
	return func(all []history.Event) []history.Event {
		h := *all[0].(*history.Header)
		h.Scenario = strings.Replace(h.Scenario, "  new: {rate: 100}", "  new: {rate: 100}\n  "+class+": {connections: 1, size: 1000, lasts: 500ms}", 1)
		h.Lanes = append(slices.Clone(h.Lanes), history.Lane{Name: class, Interval: lasting})
		all[0] = &h
		for n, due := 1, ms; due < allOver; n, due = n+1, due+lasting {
			r := &request{ID: fmt.Sprintf("%s-%d", class, n), Lane: class, Conn: int64(5000 + n), Intended: due, Sent: due, First: due + ms, Done: due + lasting,
				Status: 200, Want: 1000, Got: 1000, Outcome: history.OK}
			if class == history.UploadLane {
				r.Put = 1000
			}
			answerOf(r, "old")
			if due >= moved {
				answerOf(r, "new")
			}
			r.Log.Bytes = 1200
			if change != nil {
				change(r)
			}
			i := slices.IndexFunc(all, func(e history.Event) bool { return writtenAt(e) > r.Done })
			if i < 0 {
				i = len(all) - 2
			}
			all = slices.Insert(all, i, history.Event(r))
			all[len(all)-2].(*history.Counters).ReqTot++
		}
		return all
	}
}

// What lasts by intent is no latency, and is measured.
func TestTransfersAreNoLatency(t *testing.T) {
	for _, class := range []string{"download", history.UploadLane} {
		for _, bound := range []string{"p99: 300ms", "factor: 1"} {
			verdictCase{class + " " + bound, build{expect: "latency: {" + bound + "}", events: withTransfers(class, func(r *request) {
				if r.Intended > command {
					r.Done += 30 * ms
				}
			})}, Pass, "latency", "p99 on " + class + ": 500ms before the steps (of 2), 530ms during"}.run(t)
		}
	}
}

// A transfer that takes longer than the scenario says stood still.
func TestTransfersThatStandStill(t *testing.T) {
	longer := func(id string, by history.Micros) func(r *request) {
		return only(id, func(r *request) { r.Done += by })
	}
	for _, class := range []string{"download", history.UploadLane} {
		second := class + "-2" // under way when the step acts
		runCases(t, []verdictCase{
			{class + " as long as wanted", build{events: withTransfers(class, nil)}, Pass, "standstill", "nobody waited longer than 1ms"},
			{class + " a little longer", build{events: withTransfers(class, longer(second, 900*ms))}, Pass, "standstill", "for an answer (on " + class + ", at 0.501s)"},
			{class + " that stands still", build{events: withTransfers(class, longer(second, 1490*ms))}, Fail, "standstill", "on " + class + ", from 0.501s; 1s is allowed; it began after step 1 maint: bk/old"},
			{class + " before the steps", build{events: withTransfers(class, longer(class+"-1", 490*ms))}, Pass, "standstill", "nobody waited longer than 1ms"},
			{class + " is not that exact", build{expect: "latency: {max: 50ms}", events: withTransfers(class, longer(second, 800*ms))}, Pass, "standstill", "on " + class},
			{class + " longer is allowed", build{expect: "latency: {max: 2s}", events: withTransfers(class, longer(second, 1490*ms))}, Pass, "standstill", "on " + class},
			{class + " while halab stood still", build{expect: "max-gap: 2s", request: slept, events: withTransfers(class, longer(second, 1490*ms))}, Inconclusive, "standstill", "on " + class + ", from 0.501s, while halab itself stood still"},
		})
	}
	// nginx's header counts, and it sends whole bytes a second.
	r := newRun(mustParse(t, build{}), build{}.header())
	r.scenario.Traffic.Download = &scenario.Download{Size: 1000}
	if got := r.lasts(&request{Lane: "download"}); got != 6048*ms {
		t.Errorf("1000 bytes and a header, at 250 a second, last %s", got.D())
	}
}
