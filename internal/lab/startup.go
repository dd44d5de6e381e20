package lab

import (
	"fmt"
	"os"
	"path/filepath"
)

// startupFile is what HAProxy reads beside its configuration when the lab
// starts.
const startupFile = "haproxy-start.cfg"

// startupArgs are those of the HAProxy that a lab begins with.
func (l *Lab) startupArgs(o Options) []string {
	if o.OwnCommands {
		return l.haproxyArgs()
	}
	return append([]string{"-f", filepath.Join(l.Dir, startupFile)}, l.haproxyArgs()...)
}

// forgetStartup empties the startup file once the lab is ready: a master that
// reloads reads its files again, and so does a command of the user's that starts
// HAProxy with the arguments that it has.
func (l *Lab) forgetStartup() error { return l.writeStartup("# empty since the lab is ready\n") }

func (l *Lab) writeStartup(text string) error {
	if err := os.WriteFile(filepath.Join(l.Dir, startupFile), []byte(text), 0o644); err != nil {
		return fmt.Errorf("write what only the start reads: %w", err)
	}
	return nil
}
