package rehearse

import (
	"context"
	"fmt"
	"strings"

	"halab/internal/lab"
	"halab/internal/lab/container"
	"halab/internal/lab/process"
)

// Runtimes are the names that Choose takes, sorted.
func Runtimes() []string {
	return []string{Auto, container.New().Name(), process.New().Name()}
}

// CheckRuntime is an error for a name that Choose does not take.
func CheckRuntime(name string) error {
	for _, known := range Runtimes() {
		if name == known {
			return nil
		}
	}
	return fmt.Errorf("unknown runtime %q, want one of %s", name, strings.Join(Runtimes(), ", "))
}

// Runtime makes the runtime of this name, for one lab.
func Runtime(name string) (lab.Runtime, error) {
	switch name {
	case "container":
		return container.New(), nil
	case "process":
		return process.New(), nil
	}
	return nil, fmt.Errorf("unknown runtime %q", name)
}

// Alive tells whether anything of a recorded lab still runs.
func Alive(ctx context.Context, rec *lab.Record) (bool, error) {
	if rec.Runtime == container.New().Name() {
		return container.New().Alive(ctx, rec)
	}
	pids, err := process.Find(rec.ID, rec.Dir)
	return len(pids) > 0, err
}
