package report

import (
	"testing"

	"halab/internal/verify"
)

// A rule that found nothing wrong passes; one that had nothing to judge is
// skipped, and says why.
func TestJUnitSkipsOnlyWhatIsNotJudged(t *testing.T) {
	with := func(change func(v *verify.Verdict)) *verify.Verdict {
		v := passed()
		change(v)
		return v
	}
	lane := func(name string) func(v *verify.Verdict) {
		return func(v *verify.Verdict) { v.Lanes = append(v.Lanes, verify.Lane{Name: name, Sent: 5, OK: 5}) }
	}
	for _, c := range []struct {
		v                   *verify.Verdict
		invariant, on, text string
		passes              bool
	}{
		{passed(), "record", "", "the history is whole", true},
		{passed(), verify.AvailableName, "", "every backend that gets traffic had a server all the time", true},
		{passed(), "outage", "new", "there was no outage", true},
		{passed(), "clean ends", "new", "every answered request ended as expected by HAProxy's log", true},
		{passed(), "coverage", "new", "the schedule was kept", true},
		{passed(), "standstill", "new", "no one waited longer than is allowed", true},
		{passed(), "stale connections", "", "no lane reuses connections", false},
		{with(lane("h2")), "stale connections", "", "no request found its reused connection closed", true},
		{with(lane("stream@www")), "outage", "stream@www", "a stream is not sent again, so no outage can be measured on it", false},
		{passed(), verify.DrainedName, "", "no step stopped a server", false},
		{passed(), "origin", "", "no request was lost", false},
		{with(func(v *verify.Verdict) { v.Lanes[1].Sent = 0 }), "outage", "new", "no request was sent", false},
		{with(func(v *verify.Verdict) { v.Lanes = nil }), "record", "", "no request was sent", false},
		{with(func(v *verify.Verdict) { v.Accounts.Unit = "connections" }), "clean ends", "new", "in mode tcp HAProxy's log tells of sessions, not of requests", false},
		{with(func(v *verify.Verdict) { v.Steps = nil }), "standstill", "new", "no step sent a command", false},
	} {
		for _, j := range junitCases(c.v) {
			if j.invariant != c.invariant || j.lane != c.on {
				continue
			}
			got := junitJudged(c.v, j)
			text := got.SystemOut
			if got.Skipped != nil {
				text = got.Skipped.Message
			}
			if passes := got.Skipped == nil && got.Failure == nil; passes != c.passes || text != c.text {
				t.Errorf("%s on %q: passes %t, %q; want %t, %q", c.invariant, c.on, passes, text, c.passes, c.text)
			}
			c.on = "found"
		}
		if c.on != "found" {
			t.Errorf("no case %s on %q", c.invariant, c.on)
		}
	}
}
