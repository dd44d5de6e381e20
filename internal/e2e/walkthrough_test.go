package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"halab/internal/scenario"
	"halab/internal/upgrade"
	"halab/scenarios"
)

// verdict is what these tests read of report.json.
type verdict struct {
	Verdict   string
	Runtime   string
	LostTotal int `json:"lost_total"`
	Causes    []struct{ Name string }
	Software  []struct {
		Role, Asked, Got string
		Substitute       bool
	}
}

// rehearse runs a shipped scenario and returns its verdict.
func (m *machine) rehearse(t *testing.T, code int, name string, args ...string) verdict {
	t.Helper()
	m.run(t, code, "out-"+name, append([]string{name}, args...)...)
	out := filepath.Join(m.dir, "home", "out-"+name)
	for _, file := range []string{
		"haproxy.cfg", "haproxy.log", "history.jsonl",
		"junit.xml", "nginx-bk_app-nginx1.conf", "report.html", "report.json", "summary.md",
	} {
		if info, err := os.Stat(filepath.Join(out, file)); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v, or it is empty", file, err)
		}
	}
	data, err := os.ReadFile(filepath.Join(out, "report.json"))
	if err != nil {
		t.Fatal(err)
	}
	var v verdict
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func (v verdict) causes() []string {
	var out []string
	for _, c := range v.Causes {
		out = append(out, c.Name)
	}
	slices.Sort(out)
	return out
}

// causesOf are those that a shipped scenario says it must have.
func causesOf(t *testing.T, name string) []string {
	t.Helper()
	text, err := scenarios.Read(name)
	if err != nil {
		t.Fatal(err)
	}
	s, err := scenario.Parse(name+".yaml", text, upgrade.Kinds())
	if err != nil {
		t.Fatal(err)
	}
	return slices.Sorted(slices.Values(s.Expect.Causes))
}

// wantWalkthrough checks the verdict of blog-walkthrough: that it passes, on
// this runtime, and that a version is a substitute where it is another one
// than asked for.
func wantWalkthrough(t *testing.T, v verdict, runtime string) {
	t.Helper()
	if v.Verdict != "PASS" || v.LostTotal != 0 || v.Runtime != runtime {
		t.Errorf("%+v, want PASS, nothing lost, on %s", v, runtime)
	}
	asked := map[string]string{"haproxy": "2.6", "bk_app/nginx1": "1.19.8", "bk_app/nginx2": "1.18.0"}
	if len(v.Software) != len(asked) {
		t.Errorf("software %+v", v.Software)
	}
	for _, s := range v.Software {
		exact := s.Got == s.Asked || strings.HasPrefix(s.Got, s.Asked+".")
		if s.Asked != asked[s.Role] || s.Got == "" || s.Substitute == exact {
			t.Errorf("software %+v, asked for %s", s, asked[s.Role])
		}
	}
}

func TestWalkthrough(t *testing.T) {
	t.Parallel()
	eachRuntime(t, func(t *testing.T, runtime string) {
		wantWalkthrough(t, newMachine(t).rehearse(t, 0, "blog-walkthrough", "--substitute", "--runtime", runtime), runtime)
	})
}

// Nobody but root has to be root.
func TestWalkthroughUnprivileged(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	m.unprivileged(t)
	wantWalkthrough(t, m.rehearse(t, 0, "blog-walkthrough", "--substitute", "--runtime", "process"), "process")
}

func TestWalkthroughWithoutEngine(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	m.unprivileged(t)
	m.env = append(m.env, "DOCKER_HOST=unix://"+m.dir+"/nowhere.sock")
	wantWalkthrough(t, m.rehearse(t, 0, "blog-walkthrough", "--substitute"), "process")
	m.halab(t, 3, "run", "blog-walkthrough", "--substitute", "--runtime", "container")
}

// The scenarios that containers cannot carry out as they are meant.
const (
	handsOver = "haproxy-upgrade"        // there it costs requests
	inPlace   = "nginx-upgrade-in-place" // refused
)

// Every scenario that ships has the verdict that it says it must have, by
// exactly the causes that it says, and without that expectation the exit code
// of its verdict.
func TestShippedScenarios(t *testing.T) {
	t.Parallel()
	codes := map[string]int{"PASS": 0, "FAIL": 1, "INCONCLUSIVE": 4}
	var ships []struct{ Name, Verdict string }
	if err := json.Unmarshal([]byte(newMachine(t).halab(t, 0, "scenarios", "--json")), &ships); err != nil || len(ships) == 0 {
		t.Fatalf("%d scenarios, %v", len(ships), err)
	}
	eachRuntime(t, func(t *testing.T, runtime string) {
		for _, s := range ships {
			if s.Name == "blog-walkthrough" {
				continue // TestWalkthrough runs it
			}
			t.Run(s.Name, func(t *testing.T) {
				t.Parallel()
				if runtime == "container" && s.Name == inPlace {
					newMachine(t).halab(t, 3, "run", s.Name, "--runtime", runtime)
					return
				}
				if runtime == "container" && s.Name == handsOver {
					s.Verdict = "FAIL"
				}
				// Other tests run beside: a gap of halab's own says nothing of a scenario.
				v := newMachine(t).rehearse(t, codes[s.Verdict], s.Name, "--substitute", "--runtime", runtime, "--no-expect-verdict", "--set", "expect.max-gap=5s")
				if v.Verdict != s.Verdict || v.Runtime != runtime {
					t.Errorf("%+v, want %s on %s", v, s.Verdict, runtime)
				}
				if want := causesOf(t, s.Name); s.Name != handsOver && !slices.Equal(v.causes(), want) {
					t.Errorf("by %q on %s, want %q", v.causes(), runtime, want)
				}
			})
		}
	})
}
