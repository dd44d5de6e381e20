package e2e

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
)

// Each mutant of a small scenario comes out as it must: caught, or equivalent
// for the reason that a rule gives.
func TestMutate(t *testing.T) {
	t.Parallel()
	path, err := filepath.Abs(filepath.Join(corpusDir, "drain-wait-quit.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Mutants []struct{ Name, Outcome, Verdict, Why string }
	}
	undecided := func(text string) bool { return !strings.Contains(text, `"undecided": 0`) }
	text := newMachine(t).decided(t, 0, undecided, "mutate", path, "--json", "--parallel", "5")
	if err := json.Unmarshal([]byte(text), &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"1-drop-drain":      "caught",     // nginx goes while HAProxy sends to it
		"1-swap-drain":      "caught",     // under downloads the sessions of a server in service never end
		"1-to-maint-drain":  "equivalent", // both let what is there finish
		"1-weigh-out-drain": "equivalent",
		"2-drop-expect":     "caught", // sessions are left
		"2-shorten-expect":  "caught", // a download lasts longer than that
		"2-swap-expect":     "caught",
		"3-drop-quit":       "equivalent", // it is out, and nothing more is done to it
		"3-kill-quit":       "equivalent", // nothing is left to kill
		"3-term-quit":       "equivalent",
	}
	for _, m := range got.Mutants {
		if want[m.Name] != m.Outcome {
			t.Errorf("%s is %s (%s: %s), want %s", m.Name, m.Outcome, m.Verdict, m.Why, want[m.Name])
		}
		delete(want, m.Name)
	}
	for name := range want {
		t.Errorf("there is no mutant %s", name)
	}
}
