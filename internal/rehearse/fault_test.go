package rehearse

import (
	"testing"
	"time"

	"halab/internal/history"
	"halab/internal/verify"
)

// TestFaultSteps: each fault is seen by the requests that are sent while it is
// there, and by none after it; who answered, and all accounts, are as without
// a relay.
func TestFaultSteps(t *testing.T) {
	p := newPlace(t)
	s := parse(t,
		"  - maint: bk/old\n  - expect: {header: nginx/1.22.1}\n",
		"  - latency: {server: bk/old, delay: 80ms, jitter: 20ms}\n  - wait: 400ms\n  - heal: bk/old\n"+
			"  - bandwidth: {server: old, rate: 2KB}\n  - wait: 400ms\n  - heal: old\n"+
			"  - cut: {server: old, reset: true}\n  - expect: {server: bk/old, state: DOWN}\n  - heal: old\n  - expect: {server: bk/old, state: UP}\n",
		"  switch: {from: bk/old, to: bk/new, within: 20s}\n", "")
	c := p.config(t, s)
	var faults []*history.Step // as they come into force
	slow := map[string]int{}
	c.Watch = func(e history.Event) {
		switch e := e.(type) {
		case *history.Header:
			faults = nil
			clear(slow)
		case *history.Step:
			if e.Phase == history.Ended && e.Kind != "wait" && e.Kind != "expect" {
				faults = append(faults, e)
			}
		case *history.Request:
			if e.Done-e.Sent >= history.M(60*time.Millisecond) && e.Sent > 0 {
				slow[lastOf(faults, e.Sent)]++
			}
		}
	}
	v := p.decided(t, c)
	if v.Result != verify.Fail { // the reset loses some
		t.Fatalf("%s: %q", v.Result, v.Reasons)
	}
	if slow["latency"] < 5 || slow["bandwidth"] < 5 {
		t.Errorf("slow requests, by the fault before: %v", slow)
	}
	for _, f := range v.Findings {
		if (f.Invariant == "accounts agree" || f.Invariant == "health" || f.Invariant == "procedure") && f.Result != verify.Pass && !f.Busy {
			t.Errorf("%+v", f)
		}
	}
	for _, s := range v.Servers {
		if want := map[string]string{"bk/old": "nginx/1.18.0", "bk/new": "nginx/1.22.1"}[s.Name]; s.Name != "" && (len(s.Headers) != 1 || s.Headers[0] != want) {
			t.Errorf("%+v", s)
		}
	}
}

// lastOf is the kind of the last step that had ended by then.
func lastOf(steps []*history.Step, at history.Micros) string {
	kind := ""
	for _, s := range steps {
		if s.At <= at {
			kind = s.Kind
		}
	}
	return kind
}
