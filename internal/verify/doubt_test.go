package verify

import (
	"testing"

	"halab/internal/history"
)

// An upload without a whole answer is neither failed nor passed; one that was
// answered with an error is failed, as is one that was never sent on.
func TestUndecided(t *testing.T) {
	upload := func(o history.Outcome, sent bool) func(*request) {
		return only("new-99", func(r *request) {
			r.Lane, r.Outcome, r.Status, r.Error = uploadLane, o, 0, "gone"
			if !sent {
				r.Sent, r.Conn = 0, 0
			}
		})
	}
	for _, o := range []history.Outcome{history.Closed, history.InFlight, history.Reset, history.Timeout, history.Truncated} {
		v := build{request: upload(o, true)}.check(t)
		if v.Result != Inconclusive || len(v.find("decided", Inconclusive)) != 1 || v.LostAll != 0 {
			t.Errorf("%s: %s, %d lost: %q", o, v.Result, v.LostAll, v.Reasons)
		}
	}
	for _, o := range []history.Outcome{history.Refused, history.ConnectTimeout} {
		if v := (build{request: upload(o, false)}).check(t); v.Result != Fail || v.LostAll != 1 {
			t.Errorf("%s: %s, %d lost", o, v.Result, v.LostAll)
		}
	}
}

// timedOut is a request that HAProxy's log says was served after took.
func timedOut(took history.Micros) func(*request) {
	return func(r *request) {
		r.Outcome, r.Done, r.Error = history.Timeout, r.Intended+2500*ms, "i/o timeout"
		r.Log.Arrived, r.Log.Ta = r.Sent, int64(took/ms)
	}
}

func lateAnswer(r *request) { r.First, r.Done = r.First+3000*ms, r.Done+3000*ms }

func TestDoubt(t *testing.T) {
	logged := func(change func(l *history.Seen)) func(*request) {
		return only("new-50", func(r *request) { change(r.Log) })
	}
	unread := "1 request on new was served in time, by HAProxy's log, and seen too late: the prober stood still"
	contrary := "1 request on new was answered otherwise than HAProxy's log says"
	runCases(t, []verdictCase{
		{"served in time and not read", build{request: only("new-50", timedOut(ms))}, Inconclusive, "decided", unread},
		{"not served in time", build{request: only("new-50", timedOut(2100*ms))}, Fail, "no failure", "1 timeout"},
		{"served at the last moment", build{request: only("new-50", timedOut(1999*ms))}, Fail, "no failure", "1 timeout"},
		{"served in time but cut", build{request: only("new-50", func(r *request) { timedOut(ms)(r); r.Log.State = "SD" })}, Fail, "no failure", "1 timeout"},
		{"nobody knows when it came", build{request: only("new-50", func(r *request) { timedOut(ms)(r); r.Log.Arrived = 0 })}, Fail, "no failure", "1 timeout"},
		{"not in the log", build{request: only("new-50", func(r *request) { timedOut(ms)(r); r.Log = nil })}, Fail, "no failure", "1 timeout"},
		{"ok after the timeout", build{request: only("new-50", lateAnswer)}, Fail, "no failure", "1 ok after 3s, of 2s"},
		{"ok after the timeout, served in time", build{request: only("new-50", func(r *request) { lateAnswer(r); r.Log.Arrived = r.Sent })}, Inconclusive, "decided", unread},
		{"logged of another server", build{request: logged(func(l *history.Seen) { l.Server = "bk/new" })}, Inconclusive, "decided", contrary},
		{"logged of no server", build{request: logged(func(l *history.Seen) { l.Server = "bk/<NOSRV>" })}, Inconclusive, "decided", contrary},
		{"logged with another status", build{request: logged(func(l *history.Seen) { l.Status = 503 })}, Inconclusive, "decided", contrary},
		{"logged with fewer bytes", build{request: logged(func(l *history.Seen) { l.Bytes = 3 })}, Inconclusive, "decided", contrary},
		{"a body that is too long", build{request: only("new-50", func(r *request) { r.Got = 5 })}, Fail, "no failure", "ok with 5 of 4 bytes"},
	})
	v := build{request: both(only("new-50", timedOut(ms)), only("new-51", func(r *request) { r.Log.Status = 503 }))}.check(t)
	if f := v.find("decided", Inconclusive); len(f) != 2 || v.LostAll != 0 || v.Lanes[1].Undecided != 2 || v.Lanes[1].Probed() != 199 {
		t.Errorf("%+v\n%+v", f, v.Lanes)
	}
}
