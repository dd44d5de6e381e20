package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"halab/internal/report"
	"halab/internal/verify"
)

// github tells GitHub Actions of a verdict, where halab runs in one: the
// annotations on the log, and the summary of the step (GitHub documentation,
// Workflow commands).
func (a *app) github(v *verify.Verdict) error {
	if os.Getenv("GITHUB_ACTIONS") != "true" {
		return nil
	}
	var notes strings.Builder
	if err := report.Annotations(&notes, v); err != nil {
		return err
	}
	a.ui.text(notes.String()) // both streams are read, and the other may be JSON
	path := os.Getenv("GITHUB_STEP_SUMMARY")
	if path == "" {
		return nil
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return fmt.Errorf("write the step summary: %w", err)
	}
	return errors.Join(report.Markdown(f, v), f.Close())
}
