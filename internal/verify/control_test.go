package verify

import (
	"strings"
	"testing"

	"halab/internal/history"
)

const leftOut = "without step 1 maint: bk/old"

// asControl makes a run the control of another one.
func (b build) asControl() build {
	change := b.events
	b.events = func(all []history.Event) []history.Event {
		all[0].(*history.Header).Control = leftOut
		if change != nil {
			return change(all)
		}
		return all
	}
	return b
}

// controlled says that the run is to be judged with its control.
func controlled(all []history.Event) []history.Event {
	all[0].(*history.Header).Controlled = true
	return all
}

// Only harm to the traffic makes a control red.
func TestControlHasToHarmTheTraffic(t *testing.T) {
	losing := func(id string) func(*request) {
		return only(id, func(r *request) { lose(r, history.Refused) })
	}
	masking := func(id string) func(*request) { return only(id, func(r *request) { r.Log.Retries = 1 }) }
	loses := build{request: losing("new-150")}
	diedAtTheEnd := build{request: func(r *request) {
		if r.Intended > 1900*ms {
			lose(r, history.Refused)
		}
	}, events: atEnd(func(e *history.End) { e.Error = "HAProxy ended before the run did" })}
	for _, c := range []struct {
		name    string
		control build
		want    Result
		text    string
	}{
		{"a lost request", loses, Pass, "the control, " + leftOut + ", came out red: 1 of 201 requests lost on new: 1 refused"},
		{"a masked one", build{request: masking("new-150")}, Pass, "came out red: 1 request was answered only after"},
		{"a lost request before any step", build{request: losing("new-2")}, Inconclusive, "came out FAIL without harm to the traffic from the first command on"},
		{"a masked one before any step", build{request: masking("new-2")}, Inconclusive, "came out FAIL without harm to the traffic from the first command on"},
		{"a lost request before any step and one after it", build{request: both(losing("new-2"), losing("new-150"))}, Pass, "came out red: 2 of 201 requests lost on new: 2 refused; the first at 0.011s, before any step did anything; the last at 1.491s"},
		{"a masked one before any step and one after it", build{request: both(masking("new-2"), masking("new-150"))}, Pass, "the last at 1.491s"},
		{"no step did anything", build{request: losing("new-150"), events: fewer(1)}, Inconclusive, "without harm to the traffic from the first command on"},
		{"its lab died", diedAtTheEnd, Inconclusive, "the control, " + leftOut + ", is none: the run did not go to its end: HAProxy ended before the run did"},
		{"nothing", build{}, Inconclusive, "came out PASS: this test is blind to what the step protects from"},
		{"a server that went down", build{events: withStates(seen(500*ms, "other", "DOWN"))}, Inconclusive, "came out FAIL without harm to the traffic from the first command on, so nothing shows that this test would see any: no step had asked for it"},
		{"a step that failed", build{events: stepsOnly(func(s *history.Step) {
			if s.Index == 2 && s.Phase == history.Ended {
				s.Error = "bk/old has 3 sessions, not at most 0"
			}
		})}, Inconclusive, "came out FAIL without harm to the traffic from the first command on, so nothing shows that this test would see any: step 2 expect: {header: nginx/1.22.1} failed"},
	} {
		v := build{events: controlled}.check(t)
		v.WithControl(c.control.asControl().check(t))
		if f := v.find("control", c.want); v.Result != c.want || len(f) != 1 || !strings.Contains(f[0].Text, c.text) {
			t.Errorf("%s: %s\n%s", c.name, v.Result, listed(v.Findings))
		}
		if red := c.want == Pass; v.Control.Red != red {
			t.Errorf("%s: red is %v", c.name, v.Control.Red)
		}
	}
}

// A control that is wanted and not there is a doubt, whatever came of its
// directory.
func TestControlIsMissed(t *testing.T) {
	asks := build{expect: "!" + switchExpect + "\ncontrol: true"}
	other := build{}.asControl().check(t)
	other.Scenario = "another"
	for _, c := range []struct {
		name string
		build
		with *Verdict
		want Result
		text string
	}{
		{"by the flag", build{events: controlled}, nil, Inconclusive, "cannot be judged: it has no history"},
		{"by the scenario", asks, nil, Inconclusive, "cannot be judged: it has no history"},
		{"of another scenario", asks, other, Inconclusive, "of the scenario another"},
		{"no control", asks, build{}.check(t), Inconclusive, "its history leaves nothing out"},
		{"the control itself has none", asks.asControl(), nil, Pass, ""},
		{"none is wanted", build{}, nil, Pass, ""},
	} {
		v := c.check(t)
		if c.with != nil {
			v.WithControl(c.with)
		}
		if f := v.find("control", c.want); v.Result != c.want || c.text != "" && (len(f) != 1 || !strings.Contains(f[0].Text, c.text)) {
			t.Errorf("%s: %s\n%s", c.name, v.Result, listed(v.Findings))
		}
	}
}
