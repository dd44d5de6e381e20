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
			r.Lane, r.Outcome, r.Status, r.Error = history.UploadLane, o, 0, "gone"
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

// A timeout while HAProxy had no processor is the machine's; one that HAProxy
// slept through, or a failure of any other kind, is not.
func TestUnserved(t *testing.T) {
	gone := func(o history.Outcome, starved history.Micros) func(*request) {
		return only("new-105", func(r *request) {
			lose(r, o)
			r.Done, r.Log, r.Starved = r.Intended+2500*ms, nil, starved
		})
	}
	runCases(t, []verdictCase{
		{"timeout", build{request: gone(history.Timeout, 2400*ms)}, Inconclusive, "decided", "1 request on new was not answered in time while HAProxy, nginx or halab was CPU-starved"},
		{"connect timeout", build{request: gone(history.ConnectTimeout, 2400*ms)}, Inconclusive, "decided", "1 request on new was not answered in time"},
		{"for less than half of it", build{request: gone(history.Timeout, 900*ms)}, Fail, "no failure", "1 timeout"},
		{"for half of the time that counts", build{request: gone(history.Timeout, 1000*ms)}, Inconclusive, "decided", "1 request on new was not answered in time"},
		{"not at all", build{request: gone(history.Timeout, 0)}, Fail, "no failure", "1 timeout"},
		{"reset", build{request: gone(history.Reset, 2400*ms)}, Fail, "no failure", "1 reset"},
	})
}

// What the machine is to blame for is told apart from what nobody can know.
func TestBusy(t *testing.T) {
	unserved := only("new-105", func(r *request) {
		lose(r, history.Timeout)
		r.Done, r.Log, r.Starved = r.Intended+2500*ms, nil, 2400*ms
	})
	uncarried := only("new-105", func(r *request) { r.Lane, r.Outcome, r.Status = history.UploadLane, history.Closed, 0 })
	late := both(hold(moved, 1600*ms), func(r *request) { r.Starved = (r.Done - r.Intended) / 2 })
	for name, tt := range map[string]struct {
		build
		rule string
		busy bool
	}{
		"a timeout without a processor":     {build{request: unserved}, "decided", true},
		"an upload without an answer":       {build{request: uncarried}, "decided", false},
		"a slow switch without a processor": {build{expect: "!  switch: {from: bk/old, to: bk/new, within: 200ms}", request: late}, "switch", true},
	} {
		v := tt.check(t)
		if f := v.find(tt.rule, Inconclusive); len(f) != 1 || f[0].Busy != tt.busy {
			t.Errorf("%s: %+v", name, f)
		}
	}
}

// Log lines that were lost, and a history that was written late, are no reason
// against another run where the machine was too busy, and alone they are one.
func TestBusyWithMore(t *testing.T) {
	unserved := only("new-105", func(r *request) {
		lose(r, history.Timeout)
		r.Done, r.Log, r.Starved = r.Intended+2500*ms, nil, 2400*ms
	})
	unlogged := only("new-50", func(r *request) { r.Log = nil })
	otherwise := only("new-50", func(r *request) { r.Log.Status = 503 })
	for name, tt := range map[string]struct {
		build
		busy bool
	}{
		"too busy":                        {build{request: unserved}, true},
		"a lost line":                     {build{request: unlogged}, false},
		"too busy and a lost line":        {build{request: both(unserved, unlogged)}, true},
		"too busy and written late":       {build{expect: "latency: {max: 2m}", events: outOfPlace}, true},
		"too busy and a wrong record too": {build{request: both(unserved, otherwise)}, false},
	} {
		if v := tt.check(t); v.Result != Inconclusive || v.Busy != tt.busy {
			t.Errorf("%s: %s, busy %v: %q", name, v.Result, v.Busy, v.Reasons)
		}
	}
}

// What may be lost may be undecided: whichever it was, the budget holds.
func TestUndecidedWithinTheBudget(t *testing.T) {
	cut := withTransfers(history.UploadLane, func(r *request) {
		if r.ID == "upload-2" {
			r.Outcome, r.Status, r.Header, r.Server, r.First, r.Got, r.Error = history.Closed, 0, "", "", 0, 0, "EOF"
			r.Log.State, r.Log.Status = "SD", 502
		}
	})
	lost := only("new-50", func(r *request) { lose(r, history.Refused) })
	wrong := only("new-50", func(r *request) { r.Log.Status = 503 })
	runCases(t, []verdictCase{
		{"as many as may be lost", build{expect: "lost: 1", events: cut}, Pass, "decided", "1 upload ended without a whole answer: whether it was carried out cannot be known (1 may be lost)"},
		{"with a loss beside it", build{expect: "lost: 2", events: cut, request: lost}, Pass, "decided", "(2 may be lost)"},
		{"more, if it was lost", build{expect: "lost: 1", events: cut, request: lost}, Inconclusive, "decided", "cannot be known"},
		{"a record that is wrong", build{expect: "lost: 5", request: wrong}, Inconclusive, "decided", "one of the two records is wrong"},
	})
	// What the budget covers explains no failure.
	term := func(all []history.Event) []history.Event {
		return stepsOnly(func(s *history.Step) { s.Kind = "stop" })(stops(0)(cut(all)))
	}
	for budget, causes := range map[string]int{"lost: 0": 1, "lost: 1": 0} {
		if v := (build{expect: budget + "\n  min-weight: 2", events: term}).check(t); v.Result != Fail || len(v.Causes) != causes {
			t.Errorf("%s: %s, causes %q", budget, v.Result, v.Causes)
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
		{"ok after the timeout, most of which halab was stopped", build{request: only("new-50", func(r *request) { lateAnswer(r); r.Starved = 1000 * ms })}, Inconclusive, "decided", "1 request on new was not answered in time while HAProxy, nginx or halab was CPU-starved"},
		{"ok after the timeout, less of which halab was stopped", build{request: only("new-50", func(r *request) { lateAnswer(r); r.Starved = 999 * ms })}, Fail, "no failure", "1 ok after 3s, of 2s"},
		{"ok after the timeout, served in time", build{request: only("new-50", func(r *request) { lateAnswer(r); r.Log.Arrived = r.Sent })}, Inconclusive, "decided", unread},
		{"ok after the timeout, and the clock was set back", build{request: only("new-50", func(r *request) { lateAnswer(r); r.Log.Arrived = r.Sent - 2*ms })}, Fail, "no failure", "1 ok after 3s, of 2s"},
		{"ok after the timeout, and the clock was set on", build{request: only("new-50", func(r *request) { lateAnswer(r); r.Log.Arrived = r.Done + ms })}, Fail, "no failure", "1 ok after 3s, of 2s"},
		{"ok after the timeout, logged in whole milliseconds", build{request: only("new-50", func(r *request) { lateAnswer(r); r.Log.Arrived = r.Sent - 1 })}, Inconclusive, "decided", unread},
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

// A run is to be done again where nothing but the machine was in the way of a
// verdict.
func TestBusyAlone(t *testing.T) {
	lost := only("new-150", func(r *request) { lose(r, history.Refused) })
	unsent := only("new-150", func(r *request) { lose(r, history.Unsent) })
	broken := atEnd(func(e *history.End) { e.Error = "HAProxy ended before the run did" })
	for name, tt := range map[string]struct {
		build
		want Result
		busy bool
	}{
		"a pass":                      {build{}, Pass, false},
		"a loss":                      {build{request: lost}, Fail, false},
		"what was not sent":           {build{request: unsent}, Inconclusive, true},
		"and a loss":                  {build{request: both(unsent, lost)}, Fail, false},
		"and a run that broke off":    {build{request: unsent, events: broken}, Inconclusive, false},
		"a pause of all lanes":        {build{request: pause("", 300*ms, 700*ms)}, Inconclusive, true},
		"a schedule that is too thin": {build{expect: "max-gap: 5ms"}, Inconclusive, false},
		"halab stood still":           {build{expect: "max-gap: 2s", request: slept}, Inconclusive, true},
		"a switch that never came":    {build{request: func(r *request) { r.Server, r.Header = "bk/old", "nginx/1.18.0"; r.Log.Server = r.Server }}, Inconclusive, false},
	} {
		if v := tt.check(t); v.Result != tt.want || v.Busy != tt.busy {
			t.Errorf("%s: %s, busy is %t\n%s", name, v.Result, v.Busy, listed(v.Findings))
		}
	}
	control := build{request: unsent}
	v := build{events: controlled}.check(t)
	if v.WithControl(control.asControl().check(t)); !v.Busy {
		t.Errorf("a busy control: %s, and not busy", v.Result)
	}
	if v.WithControl((build{}).asControl().check(t)); v.Busy {
		t.Error("a control that came out PASS is busy")
	}
}
