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
	"halab/internal/verify"
)

// corpusDir holds procedures that teach the verdict rather than people: one
// file each, sound or broken in one known way, with the verdict, the reason
// and the causes that it must come out with. A new one is a file here.
const corpusDir = "testdata/corpus"

// corpus are the scenarios of the corpus, by their file.
func corpus(t *testing.T) map[string]*scenario.Scenario {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(corpusDir, "*.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]*scenario.Scenario{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		s, err := scenario.Parse(file, text, upgrade.Kinds())
		if err != nil {
			t.Fatal(err)
		}
		if s.Name != strings.TrimSuffix(filepath.Base(file), ".yaml") {
			t.Errorf("%s has the name %s", file, s.Name)
		}
		if verdict := s.Expect.EffectiveVerdict(); verdict == "PASS" && len(s.Expect.Causes) > 0 || verdict != "PASS" && s.Expect.Reason == "" {
			t.Errorf("%s: a PASS has no causes, any other verdict has a reason", file)
		}
		out[file] = s
	}
	return out
}

// Every procedure of the corpus has exactly the verdict, the reason and the
// causes that it says. Each rule of attribution has a procedure in which it
// must fire, and fires in no other.
func TestCorpus(t *testing.T) {
	t.Parallel()
	onPath(t, "socat")
	all := corpus(t)
	held := map[string]bool{}
	for file, s := range all {
		for _, cause := range s.Expect.Causes {
			held[cause] = true
		}
		t.Run(s.Name, func(t *testing.T) {
			t.Parallel()
			path, err := filepath.Abs(file)
			if err != nil {
				t.Fatal(err)
			}
			v, told := outcome(t, path)
			var got []string
			for _, c := range v.Causes {
				got = append(got, c.Name)
			}
			slices.Sort(got)
			if !v.AsWanted || !slices.Equal(got, slices.Sorted(slices.Values(s.Expect.Causes))) {
				t.Errorf("%s by %q; want %s, a reason with %q, by %q\n%s", v.Result, got, s.Expect.EffectiveVerdict(), s.Expect.Reason, s.Expect.Causes, told)
			}
		})
	}
	for _, cause := range verify.CauseNames() {
		if !held[cause] {
			t.Errorf("no procedure of %s has the cause %s", corpusDir, cause)
		}
	}
}

// outcome runs a procedure and returns its verdict, with what was told.
func outcome(t *testing.T, path string) (v verify.Verdict, told string) {
	t.Helper()
	m := newMachine(t)
	told = m.run(t, 0, "out", path, "--runtime", "process", "--no-self-test")
	data, err := os.ReadFile(filepath.Join(m.dir, "home", "out", "report.json"))
	if err != nil {
		t.Fatalf("%v\n%s", err, told)
	}
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatal(err)
	}
	return v, told
}
