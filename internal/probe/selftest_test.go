package probe

import (
	"strings"
	"testing"

	"halab/internal/history"
)

func TestSelfTest(t *testing.T) {
	for range 10 {
		if err := SelfTest(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// TestSelfTestFails: a prober that took one fault for another would be named,
// and the rest would not.
func TestSelfTestFails(t *testing.T) {
	all := faults()
	for i := range all {
		if all[i].name == "a close of an idle connection" {
			all[i].outcome = history.InFlight
		}
		if all[i].name == "no answer in time" {
			all[i].outcome = history.OK
		}
	}
	err := selfTest(t.Context(), all)
	if err == nil {
		t.Fatal("no error")
	}
	if n := strings.Count(err.Error(), "was seen as"); n != 2 || !strings.Contains(err.Error(), `a close of an idle connection was seen as "stale"`) ||
		!strings.Contains(err.Error(), `no answer in time was seen as "timeout"`) {
		t.Error(err)
	}
}

// TestSelfTestCoversAll: every outcome that a server can cause is tried.
func TestSelfTestCoversAll(t *testing.T) {
	tried := map[history.Outcome]bool{}
	for _, f := range faults() {
		tried[f.outcome] = true
	}
	for _, o := range []history.Outcome{
		history.OK, history.Refused, history.Reset, history.Closed, history.Stale, history.InFlight, history.Truncated,
		history.WrongBody, history.Proxy5xx, history.Server5xx, history.BadStatus, history.Timeout, history.Malformed,
	} {
		if !tried[o] {
			t.Errorf("%s is not tried", o)
		}
	}
}

func BenchmarkSelfTest(b *testing.B) {
	for b.Loop() {
		if err := SelfTest(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}
