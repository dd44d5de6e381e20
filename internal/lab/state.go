package lab

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"halab/internal/render"
)

// beginState makes the server-state-file, where HAProxy reads one: it warns of
// one that is not there.
func (l *Lab) beginState() error {
	if l.Scenario.HAProxy.Defaults.LoadServerStateFromFile == "" {
		return nil
	}
	return l.writeState("1\n") // the version of the format
}

// SaveState writes what HAProxy knows of its servers to the server-state-file,
// for the next HAProxy to begin with.
func (l *Lab) SaveState(ctx context.Context) error {
	answer, err := l.AdminClient().Command(ctx, "show servers state")
	if err != nil {
		return fmt.Errorf("save the servers' state: %w", err)
	}
	return l.writeState(answer + "\n")
}

// writeState has the file whole at every moment.
func (l *Lab) writeState(text string) error {
	path := filepath.Join(l.Dir, render.StateFile)
	if err := os.WriteFile(path+".new", []byte(text), 0o644); err != nil {
		return fmt.Errorf("save the servers' state: %w", err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		return fmt.Errorf("save the servers' state: %w", err)
	}
	return nil
}
