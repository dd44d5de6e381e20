package lab

import (
	"fmt"
	"strings"

	"halab/internal/scenario"
)

// DiedError says that a program ended while the lab came up.
type DiedError struct {
	Role   string
	Output string
	// Pos is the place in the scenario that HAProxy's message speaks of;
	// zero when it names none.
	Pos scenario.Pos
	// File is the scenario's file.
	File string
}

func (e *DiedError) Error() string {
	text := fmt.Sprintf("%s ended at once; it wrote:\n%s", e.Role, strings.TrimSpace(e.Output))
	if e.Pos.Line > 0 {
		text += fmt.Sprintf("\nwhich comes from %s:%d:%d", e.File, e.Pos.Line, e.Pos.Col)
	}
	return text
}

func (l *Lab) diedError(role string) error {
	l.mu.Lock()
	output := l.instances[role].Output()
	l.mu.Unlock()
	e := &DiedError{Role: role, Output: output, File: l.Scenario.File}
	if places := l.Files.Mentions(l.Scenario, output); role == HAProxyRole && len(places) > 0 {
		e.Pos = places[0].Pos
	}
	return e
}
