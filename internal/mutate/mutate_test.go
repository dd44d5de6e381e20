package mutate

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"halab/internal/history"
	"halab/internal/scenario"
	"halab/internal/upgrade"
	"halab/internal/verify"
	"halab/scenarios"
)

var update = flag.Bool("update", false, "write the golden files anew")

// text has a step of every kind that an operator changes; STEPS are its own.
const text = `apiVersion: halab/v1
name: mutated
haproxy: {version: "2.6"}
backends:
  - name: bk
    servers:
      - {name: a, address: 127.0.0.1:81, nginx: 1.22.1, check: true}
      - {name: b, address: 127.0.0.1:82, nginx: 1.18.0, check: true}
frontends:
  - {name: app, bind: ":80", default_backend: bk}
steps:
`

func parse(t *testing.T, steps string) *scenario.Scenario {
	t.Helper()
	s, err := scenario.Parse("mutated.yaml", []byte(text+steps), upgrade.Kinds())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func mutants(t *testing.T, s *scenario.Scenario) []Mutant {
	t.Helper()
	all, err := Mutants(s)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

const everyKind = `  - expect: {header: nginx/1.18.0}   # it is the old one
  - drain: b
  - expect: {server: b, sessions: 0, within: 5s}
  - quit: b
    timeout: 20s
  - start: {server: b, nginx: 1.22.1}
  - ready: {server: b}
  - wait: 2s
  - weight: {server: bk/a, value: 3}
  - rolling: {servers: [bk/a], nginx: 1.22.1}
  - parallel: {steps: [{maint: a}, {wait: 1s}]}
  - upgrade: {haproxy: "3.0"}
`

// The steps in which each mutant differs, below its name: what is run is what
// is said.
func TestMutants(t *testing.T) {
	var out strings.Builder
	sound := parse(t, everyKind)
	for _, m := range mutants(t, sound) {
		fmt.Fprintf(&out, "%s: %s\n", m.Name, m.What)
		switch {
		case m.Equivalent != "":
			fmt.Fprintf(&out, "    equivalent: %s\n", m.Equivalent)
		case m.Refused != nil:
			fmt.Fprintf(&out, "    refused: %v\n", m.Refused)
		default:
			for _, s := range differing(m.Scenario.Steps, sound.Steps) {
				timeout := ""
				if s.Timeout > 0 {
					timeout = " (timeout " + s.Timeout.String() + ")"
				}
				fmt.Fprintf(&out, "    - %s%s\n", s.Text, timeout)
			}
		}
	}
	path := filepath.Join("testdata", "mutants.golden")
	if *update {
		if err := os.WriteFile(path, []byte(out.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if out.String() != string(want) {
		t.Errorf("%s is not what it was; look at the difference and run go test -update\n%s", path, out.String())
	}
}

// differing are the steps of a between those that it has in common with b.
func differing(a, b []scenario.Step) []scenario.Step {
	for len(a) > 0 && len(b) > 0 && a[0].Text == b[0].Text {
		a, b = a[1:], b[1:]
	}
	for len(a) > 0 && len(b) > 0 && a[len(a)-1].Text == b[len(b)-1].Text {
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	return a
}

// Every sound scenario that ships has mutants, each of which is a scenario of
// its own, with a name of its own, that differs from it.
func TestMutantsOfWhatShips(t *testing.T) {
	for _, name := range scenarios.Names() {
		source, err := scenarios.Read(name)
		if err != nil {
			t.Fatal(err)
		}
		s, err := scenario.Parse(name+".yaml", source, upgrade.Kinds())
		if err != nil {
			t.Fatal(err)
		}
		names := map[string]bool{}
		for _, m := range mutants(t, s) {
			if names[m.Name] {
				t.Errorf("%s: two mutants have the name %s", name, m.Name)
			}
			names[m.Name] = true
			if m.Refused != nil {
				t.Errorf("%s: %s is refused: %v", name, m.Name, m.Refused)
			}
			if m.Scenario != nil && slices.EqualFunc(m.Scenario.Steps, s.Steps, func(a, b scenario.Step) bool { return a.Text == b.Text }) {
				t.Errorf("%s: %s changes nothing", name, m.Name)
			}
		}
		if len(names) == 0 {
			t.Errorf("%s has no mutant", name)
		}
	}
}

// verdictOf is a verdict of this result, by this invariant where it is none.
func verdictOf(r verify.Result, invariant string) *verify.Verdict {
	return &verify.Verdict{Result: r, Reasons: []string{"a reason"}, Findings: []verify.Finding{{Invariant: invariant, Result: r}}}
}

// Maintenance is no drain where it ends what is under way.
func TestMaintenanceThatEndsSessions(t *testing.T) {
	for server, want := range map[string]Outcome{"a": Equivalent, "b": Missed} {
		source := strings.Replace(text, "nginx: 1.18.0, check: true", "nginx: 1.18.0, check: true, on-marked-down: shutdown-sessions", 1)
		s, err := scenario.Parse("mutated.yaml", []byte(source+"  - drain: "+server+"\n  - quit: "+server+"\n"), upgrade.Kinds())
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range mutants(t, s) {
			pass := verdictOf(verify.Pass, "")
			if j := m.Judge(pass, pass); j.Name == "1-to-maint-drain" && (j.Outcome != want || want == Missed && !strings.Contains(j.Add, "download")) {
				t.Errorf("%s: %s, %s %s; want %s", server, j.Outcome, j.Why, j.Add, want)
			}
		}
	}
}

// Where the sound run ended nothing but what was drained, another signal has
// nothing to cut; who allows sessions then has said that some may be left.
func TestDrainedByACommand(t *testing.T) {
	for expect, want := range map[string]Outcome{"": Equivalent, "expect: {undrained: 1}\n": Missed} {
		s := parse(t, "  - run: ./flip.sh\n  - stop: b\n"+expect)
		sound := verdictOf(verify.Pass, verify.DrainedName)
		for _, m := range mutants(t, s) {
			if j := m.Judge(sound, sound); (m.Name == "2-kill-stop" || m.Name == "2-drop-stop") && j.Outcome != want {
				t.Errorf("%s with %q: %s, %s; want %s", m.Name, expect, j.Outcome, j.Why, want)
			}
		}
	}
}

// A run that broke off before a step had done anything shows nothing of it.
func TestBrokenOff(t *testing.T) {
	cut := verify.Finding{Invariant: "record", Result: verify.Inconclusive}
	early, late := verify.Finding{Invariant: "no failure", Result: verify.Fail}, verify.Finding{Invariant: "no failure", Result: verify.Fail, Step: 1}
	for _, tt := range []struct {
		name     string
		findings []verify.Finding
		want     Outcome
	}{
		{"before any step", []verify.Finding{early, cut}, Undecided},
		{"by a step", []verify.Finding{early, late, cut}, Caught},
		{"recorded to its end", []verify.Finding{early}, Caught},
	} {
		m := mutants(t, parse(t, everyKind))[0]
		j := m.Judge(&verify.Verdict{}, &verify.Verdict{Result: verify.Fail, Reasons: []string{"a reason"}, Findings: tt.findings})
		if j.Outcome != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, j.Outcome, tt.want)
		}
	}
}

// A doubt that the machine is to blame for proves nothing of the mutant.
func TestTooBusy(t *testing.T) {
	m := mutants(t, parse(t, everyKind))[0]
	for busy, want := range map[bool]Outcome{true: Undecided, false: Caught} {
		broken := verdictOf(verify.Inconclusive, "decided")
		broken.Findings[0].Busy = busy
		if j := m.Judge(&verify.Verdict{}, broken); j.Outcome != want {
			t.Errorf("busy %t: %s, want %s", busy, j.Outcome, want)
		}
	}
}

func TestJudge(t *testing.T) {
	const sec = history.Micros(1_000_000)
	// The sound run: step 3 took a second, every other one no time.
	sound := &verify.Verdict{Result: verify.Pass}
	for i := 1; i <= 20; i++ {
		s := verify.Step{Index: i, Begin: sec, End: sec + 1000, Ended: true}
		if i == 3 {
			s.End = 2 * sec
		}
		sound.Steps = append(sound.Steps, s)
	}
	pass := verdictOf(verify.Pass, "")
	for _, tt := range []struct {
		steps, mutant string
		broken        *verify.Verdict
		want          Outcome
		says          string
	}{
		{everyKind, "2-drop-drain", verdictOf(verify.Fail, "no failure"), Caught, "a reason"},
		{everyKind, "2-drop-drain", verdictOf(verify.Inconclusive, "switch"), Caught, "a reason"},
		{everyKind, "2-drop-drain", verdictOf(verify.Inconclusive, "coverage"), Undecided, "a reason"},
		{everyKind, "2-drop-drain", pass, Missed, "switch"},
		{everyKind, "1-drop-expect", pass, Equivalent, "it held nothing back"},
		{everyKind, "3-drop-expect", pass, Missed, "download"},
		{everyKind, "2-to-maint-drain", pass, Equivalent, "lets what it has finish"},
		{everyKind, "4-kill-quit", pass, Equivalent, "step 3 has waited for its last session"},
		{"  - quit: b\n", "1-term-quit", pass, Missed, "download"},
		{everyKind, "5-unversion-start", pass, Missed, "version"},
		{everyKind, "6-drop-ready", pass, Missed, "state: UP"},
		{"  - maint: b\n  - wait: 2s\n  - ready: b\n", "2-shorten-wait", pass, Equivalent, "nothing is ended after it"},
		{"  - maint: b\n  - wait: 2s\n  - quit: b\n", "2-shorten-wait", pass, Missed, "download"},
		{"  - maint: b\n  - quit: b\n", "2-drop-quit", pass, Equivalent, "clients see nothing of it"},
		{"  - maint: b\n  - quit: b\n  - start: b\n", "2-drop-quit", pass, Missed, "start"},
		{"  - quit: b\n", "1-drop-quit", pass, Missed, "ended"},
		{"  - maint: a\n  - maint: b\n", "1-swap-maint", pass, Equivalent, "to different servers"},
		{"  - maint: a\n  - ready: b\n", "1-swap-maint", pass, Missed, "min-weight"},
		{"  - maint: a\n  - expect: {server: b, sessions: 0}\n  - quit: b\n", "1-swap-maint", pass, Equivalent, "only waited for"},
		{"  - maint: a\n  - expect: {server: a, sessions: 0}\n  - quit: a\n", "1-swap-maint", pass, Missed, "download"},
		{"  - quit: a\n  - ready: b\n", "1-swap-quit", pass, Equivalent, "comes back earlier"},
		{"  - maint: a\n  - quit: a\n  - ready: a\n", "2-swap-quit", pass, Missed, "download"},
		{"  - reload: {}\n  - wait: 1s\n", "1-drop-reload", pass, Equivalent, "the same program"},
		{"  - upgrade: {haproxy: \"3.0\"}\n  - wait: 1s\n", "1-drop-upgrade", pass, Missed, "haproxy"},
	} {
		all := mutants(t, parse(t, tt.steps))
		i := slices.IndexFunc(all, func(m Mutant) bool { return m.Name == tt.mutant })
		if i < 0 {
			t.Errorf("there is no mutant %s", tt.mutant)
			continue
		}
		j := all[i].Judge(sound, tt.broken)
		if j.Outcome != tt.want || !strings.Contains(j.Why+" "+j.Add, tt.says) {
			t.Errorf("%s of %q with %s: %s, %s %s; want %s, %q", tt.mutant, tt.steps, tt.broken.Result, j.Outcome, j.Why, j.Add, tt.want, tt.says)
		}
	}
}
