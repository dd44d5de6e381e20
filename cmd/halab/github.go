package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"halab/internal/matrix"
	"halab/internal/report"
	"halab/internal/scenario"
	"halab/internal/verify"
)

// github tells GitHub Actions of a verdict, where halab runs in one: the
// annotations on the log, and the summary of the step (GitHub documentation,
// Workflow commands).
func (a *app) github(v *verify.Verdict, s *scenario.Scenario) error {
	if os.Getenv("GITHUB_ACTIONS") != "true" {
		return nil
	}
	located := *v
	if !inFile(s) {
		located.File = "" // GitHub would point at a file that is not there
	}
	var notes strings.Builder
	if err := report.Annotations(&notes, &located); err != nil {
		return err
	}
	a.stdout.ui.text(notes.String()) // both streams are read, and the other may be JSON
	return stepSummary(func(w io.Writer) error { return report.Markdown(w, v) })
}

// inFile reports whether the scenario is what the file of its name holds. One
// that ships, or came from standard input, is in no file of a checkout.
func inFile(s *scenario.Scenario) bool {
	info, err := os.Stat(s.File)
	if err != nil || !info.Mode().IsRegular() || info.Size() != int64(len(s.Source)) {
		return false
	}
	text, err := os.ReadFile(s.File)
	return err == nil && bytes.Equal(text, s.Source)
}

// githubMatrix tells GitHub Actions of a matrix: the summary alone, for its
// cells would be too many annotations.
func githubMatrix(m *matrix.Matrix) error {
	if os.Getenv("GITHUB_ACTIONS") != "true" {
		return nil
	}
	return stepSummary(func(w io.Writer) error { return report.MatrixMarkdown(w, m) })
}

// stepSummary adds to the summary of the step, where there is one.
func stepSummary(write func(io.Writer) error) error {
	path := os.Getenv("GITHUB_STEP_SUMMARY")
	if path == "" {
		return nil
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return fmt.Errorf("write the step summary: %w", err)
	}
	return errors.Join(write(f), f.Close())
}
