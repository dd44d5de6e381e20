package main

import (
	"fmt"
	"os"
	"path/filepath"

	"halab/internal/mutate"
	"halab/internal/scenario"
)

// In --out: the directory of the procedure that is not broken, and what became
// of the mutants.
const (
	soundDir    = "sound"
	mutantsFile = "mutants.json"
)

// directory makes an empty directory for a run; done removes it where nothing
// is kept.
func (f *mutateFlags) directory(name string) (dir string, done func() error, err error) {
	if f.out == "" {
		if dir, err = os.MkdirTemp("", "halab-mutant-"); err != nil {
			return "", nil, fmt.Errorf("make a directory for the results: %w", err)
		}
		return dir, func() error { return os.RemoveAll(dir) }, nil
	}
	dir = filepath.Join(f.out, name)
	if err := os.RemoveAll(dir); err != nil { // of a try that proved nothing
		return "", nil, fmt.Errorf("remove the results of the try before: %w", err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", nil, outError(f.out, err)
	}
	return dir, func() error { return nil }, nil
}

// result is what became of the mutants, for machines.
func (r *mutation) result(s *scenario.Scenario, counts map[mutate.Outcome]int) map[string]any {
	return map[string]any{"scenario": s.Name, "mutants": r.judged, "summary": mutate.Summary(r.judged), "caught": counts[mutate.Caught],
		"equivalent": counts[mutate.Equivalent], "missed": counts[mutate.Missed], "undecided": counts[mutate.Undecided]}
}

// keep writes what became of the mutants beside their directories.
func (r *mutation) keep(s *scenario.Scenario, counts map[mutate.Outcome]int) error {
	if r.flags.out == "" {
		return nil
	}
	f, err := os.Create(filepath.Join(r.flags.out, mutantsFile))
	if err != nil {
		return outError(r.flags.out, err)
	}
	defer f.Close()
	if err := writeJSON(f, r.result(s, counts)); err != nil {
		return fmt.Errorf("write %s: %w", mutantsFile, err)
	}
	return f.Close()
}
