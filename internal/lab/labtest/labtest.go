// Package labtest owns the conformance suite of lab.Runtime: what a lab has to
// do, whoever runs its programs.
//
// It never imports a runtime, and never replaces HAProxy or nginx by anything.
package labtest

import (
	"os"
	"path/filepath"
	"testing"

	"halab/internal/lab"
)

// Subject is the runtime under test. Its test binary calls Main from
// TestMain.
type Subject struct {
	// New makes a runtime for one lab.
	New func() lab.Runtime
	// Programs are those of the suite's scenario.
	Programs lab.Programs
	// Left names what the runtime still has of labs of this state directory,
	// beside processes and files.
	Left func(t *testing.T, stateDir string) []string
}

// Run runs the suite.
func Run(t *testing.T, s Subject) {
	for _, group := range [][]testCase{upCases, badCases, lifeCases, opsCases, killCases} {
		for _, c := range group {
			t.Run(c.name, func(t *testing.T) { c.run(t, newBench(t, s)) })
		}
	}
}

type testCase struct {
	name string
	run  func(t *testing.T, b *bench)
}

// bench is where one case works: a directory for temporary files and one for
// records, which are looked at when the case ends.
type bench struct {
	Subject
	tmp, state string
}

func newBench(t *testing.T, s Subject) *bench {
	t.Helper()
	// Not t.TempDir: a unix socket's path has at most 107 bytes.
	tmp, err := os.MkdirTemp("", "lt")
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{Subject: s, tmp: tmp, state: filepath.Join(tmp, "state")}
	t.Setenv("TMPDIR", tmp)
	// A program with the race detector sleeps for a second when it ends, and
	// the halabs and keepers of the suite are such.
	t.Setenv("GORACE", "atexit_sleep_ms=10")
	t.Cleanup(func() {
		b.wantEmpty(t)
		if err := os.RemoveAll(tmp); err != nil {
			t.Error(err)
		}
	})
	return b
}
