package verify

import (
	"strings"
	"testing"

	"halab/internal/haproxy"
	"halab/internal/history"
)

// A transfer that was cut is lost where it ended, and its outage begins there:
// when it was sent nothing was wrong. One that never began is lost where it was
// sent: what a step does at its timeout has not lost it.
func TestTransfersAreLostWhereTheyEnded(t *testing.T) {
	ends := command + 20*ms
	broken := func(class string, o history.Outcome, change func(*request)) func([]history.Event) []history.Event {
		return withTransfers(class, func(r *request) {
			if !strings.HasSuffix(r.ID, "-1") { // sent at 0.001s, long before the step
				return
			}
			lose(r, o)
			r.Conn, r.Sent, r.Done, r.Put = 99, r.Intended, ends, 0
			change(r)
		})
	}
	logged := func(state haproxy.TerminationState, put int64) func(*request) {
		return func(r *request) { r.Put, r.Log = put, &history.Seen{State: state, Server: "bk/old", Status: 504} }
	}
	for _, c := range []struct {
		name   string
		events func([]history.Event) []history.Event
		sent   bool // lost when it was sent
	}{
		{"begun", broken("download", history.Timeout, func(r *request) { r.First, r.Got = r.Sent+ms, 100 }), false},
		{"never answered", broken("download", history.Timeout, func(*request) {}), true},
		{"a page of HAProxy's in place of it", broken("download", history.Proxy5xx, func(r *request) { r.First, r.Status = ends, 504 }), true},
		{"no connection", broken("download", history.ConnectTimeout, func(r *request) { r.Sent = 0 }), true},
		{"closed before its answer", broken("download", history.Closed, func(*request) {}), false},
		{"an upload under way", broken(history.UploadLane, history.Proxy5xx, logged("sD", 100)), false},
		{"an upload that no server had", broken(history.UploadLane, history.Proxy5xx, logged("sC", 100)), true},
		{"an upload of nothing", broken(history.UploadLane, history.Proxy5xx, logged("sH", 0)), true},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := build{events: c.events}.check(t)
			if len(v.Lost) != 1 {
				t.Fatalf("%d are lost", len(v.Lost))
			}
			lane := v.Lost[0].Lane
			if c.sent {
				v.wants(t, Fail, "no failure", "the first at 0.001s, before any step did anything")
				v.wants(t, Fail, "outage", "the longest outage on "+lane+" was 500ms (± 500ms), from 0.001s")
			} else {
				v.wants(t, Fail, "no failure", "the first at 1.020s, after step 1 maint: bk/old")
				v.wants(t, Fail, "outage", "the longest outage on "+lane+" was 481ms (± 500ms), from 1.020s")
			}
			for _, f := range v.find("in flight", Fail) {
				if c.sent {
					t.Error(f.Text)
				}
			}
			if got := LostAt(&v.Lost[0].Request); got != ends && !c.sent {
				t.Errorf("it is shown at %s", at(got))
			}
		})
	}
}
