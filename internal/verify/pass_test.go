package verify

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// A run in which all went well passes in every respect, so that each other
// test changes one thing alone.
func TestCleanRunPasses(t *testing.T) {
	for _, mode := range []string{"http", "tcp"} {
		v := build{mode: mode}.check(t)
		if v.Result != Pass || !v.AsWanted || v.LostAll != 0 {
			t.Errorf("%s: %s %q\n%s", mode, v.Result, v.Reasons, listed(v.Findings))
		}
		if len(v.Switches) != 1 || v.Switches[0].Took != 2*ms || v.Switches[0].Step != 1 || v.Switches[0].OldHeader != "nginx/1.18.0" {
			t.Errorf("%s: switches %+v", mode, v.Switches)
		}
		for _, l := range v.Lanes {
			if want := 3 / float64(l.Sent); l.LostBelow != min(1, want) {
				t.Errorf("%s: lost below %g with %d sent", l.Name, l.LostBelow, l.Sent)
			}
		}
	}
}

// Check is a pure function: of the same history it says the same, to the
// byte, and it leaves the history as it was.
func TestCheckIsPure(t *testing.T) {
	for _, mode := range []string{"http", "tcp"} {
		t.Run(mode, func(t *testing.T) { checkIsPure(t, mode) })
	}
}

func checkIsPure(t *testing.T, mode string) {
	b := build{mode: mode, expect: "verdict: FAIL", request: func(r *request) {
		switch {
		case r.Intended > 600*ms && r.Intended < 700*ms:
			lose(r, outcomes[int(r.Intended/ms)%len(outcomes)])
		case r.Intended > 1500*ms:
			answerOf(r, []string{"old", "new", "other"}[int(r.Intended/ms/10)%3])
			r.Log.State = []state{"SD", "CD", "--", "KD"}[int(r.Intended/ms/10)%4]
		}
	}}
	events := b.history()
	before := marshal(t, events)
	first := marshal(t, check(t, &source{events: events}))
	for range 20 {
		if again := marshal(t, check(t, &source{events: slices.Clone(events)})); !bytes.Equal(first, again) {
			t.Fatalf("another verdict:\n%s\n%s", first, again)
		}
	}
	if !bytes.Equal(before, marshal(t, events)) {
		t.Error("the history was changed")
	}
}

func marshal(t *testing.T, v any) []byte {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestExpectedVerdictAndReason(t *testing.T) {
	fails := func(r *request) {
		if r.ID == "new-50" {
			lose(r, "refused")
		}
	}
	for _, c := range []struct {
		name, expect string
		request      func(*request)
		want         bool
	}{
		{"PASS by default", "", nil, true},
		{"PASS but FAIL wanted", "verdict: FAIL", nil, false},
		{"FAIL by default", "", fails, false},
		{"FAIL wanted", "verdict: FAIL", fails, true},
		{"FAIL for this reason", "verdict: FAIL\n  reason: 1 refused", fails, true},
		{"FAIL for another reason", "verdict: FAIL\n  reason: 503", fails, false},
		{"INCONCLUSIVE wanted", "verdict: INCONCLUSIVE", fails, false},
	} {
		if v := (build{expect: c.expect, request: c.request}).check(t); v.AsWanted != c.want {
			t.Errorf("%s: as wanted %v, result %s, expected %s, %q", c.name, v.AsWanted, v.Result, v.Expected, v.Reasons)
		}
	}
}

// The reasons of a PASS tell how sure it is, and numbers that people read.
func TestReasonsOfPass(t *testing.T) {
	v := build{}.check(t)
	all := strings.Join(v.Reasons, "\n")
	for _, want := range []string{"0 of 201 requests lost on new: with 95 % confidence fewer than 1.5 %", "gap", "bk/old to bk/new"} {
		if !strings.Contains(all, want) {
			t.Errorf("the reasons lack %q:\n%s", want, all)
		}
	}
	for rate, want := range map[float64]string{1: "100 %", 2: "100 %", 0.6: "60 %", 0.015: "1.5 %", 0.000003: "0.0003 %", 3e-8: "0.000003 %"} {
		if got := percent(rate); got != want {
			t.Errorf("percent(%g) = %q, want %q", rate, got, want)
		}
	}
}

// What probed nothing makes nobody surer.
func TestBoundCountsWhatProbed(t *testing.T) {
	v := build{expect: "stale: 200\n  max-gap: 1s", request: func(r *request) {
		if r.Lane == "kept" && r.Reuse > 0 && r.Reuse%4 > 0 {
			stalled(r)
		}
	}}.check(t)
	for _, l := range v.Lanes {
		if n := l.OK; l.Lost > 0 || l.LostBelow != min(1, 3/float64(n)) || l.Name == "kept" && (l.Stale == 0 || n == l.Sent) {
			t.Errorf("%+v: lost below %g", l, l.LostBelow)
		}
		want := fmt.Sprintf("0 of %d requests lost on %s", l.OK, l.Name)
		if !strings.Contains(strings.Join(v.Reasons, "\n"), want) || !strings.Contains(v.find("no failure", Pass)[0].Text, "0 of 5 ") {
			t.Errorf("the reasons lack %q: %q", want, v.Reasons)
		}
	}
}
