package lab

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"syscall"

	"halab/internal/haproxy"
	"halab/internal/software"
)

// workerStarted begins nginx's word for a worker that was started.
const workerStarted = "start worker process "

// ReloadServer writes the configuration of a server anew and has its nginx
// read it (HUP). It returns when the new workers have started and the old ones
// shut down, which may have requests left to answer. A configuration that
// nginx refuses is an error with nginx's words, and the old workers go on.
func (l *Lab) ReloadServer(ctx context.Context, ref haproxy.ServerRef) error {
	if err := l.reloadServer(ctx, ref); err != nil {
		return fmt.Errorf("reload nginx of %s: %w", ref, err)
	}
	return nil
}

func (l *Lab) reloadServer(ctx context.Context, ref haproxy.ServerRef) error {
	if err := l.rewrite(ref); err != nil {
		return err
	}
	log, err := l.nginxLog(ref)
	if err != nil {
		return err
	}
	i, err := l.instance(ref.String())
	if err != nil {
		return err
	}
	if err := l.Signal(ctx, ref.String(), syscall.SIGHUP); err != nil {
		return err
	}
	return log.await(ctx, i, reloaded)
}

// reloaded tells whether nginx has reloaded. Its master starts the new workers
// before it ends the old ones.
func reloaded(entries []entry) (bool, error) {
	started := false
	for _, e := range entries {
		switch {
		case e.level == "emerg":
			return false, fmt.Errorf("nginx keeps the configuration that it had: %s", e.text)
		case strings.HasPrefix(e.text, workerStarted):
			started = true
		case e.text == "gracefully shutting down" && started:
			return true, nil
		}
	}
	return false, nil
}

// ErrNotInPlace says that this runtime cannot have nginx start another version
// of itself.
var ErrNotInPlace = errors.New("nginx cannot be upgraded in place")

// InPlace is implemented by a runtime in which an nginx can start another
// version of itself.
type InPlace interface {
	// Succeed has old, which was started with a PidFile, start the program of
	// spec beside itself (USR2), and returns that. await tells its process id.
	Succeed(ctx context.Context, spec Spec, old Instance, await func() (pid int, err error)) (Instance, error)
}

// UpgradeServer has the nginx of a server start program in its place, with its
// listening sockets (nginx documentation, Controlling nginx, Upgrading
// Executable on the Fly). It returns when the old one has answered its last
// request and ended. A program that does not start is an error with its words,
// and the old one goes on.
func (l *Lab) UpgradeServer(ctx context.Context, ref haproxy.ServerRef, program software.Program) error {
	if err := l.upgradeServer(ctx, ref, program); err != nil {
		return fmt.Errorf("upgrade nginx of %s: %w", ref, err)
	}
	return nil
}

func (l *Lab) upgradeServer(ctx context.Context, ref haproxy.ServerRef, program software.Program) error {
	role := ref.String()
	rt, ok := l.runtime.(InPlace)
	if !ok {
		return fmt.Errorf("%w in runtime %s", ErrNotInPlace, l.runtime.Name())
	}
	old, err := l.instance(role)
	if err != nil {
		return err
	}
	log, err := l.nginxLog(ref)
	if err != nil {
		return err
	}
	before := l.program(role)
	if err := l.replace(ref, program); err != nil {
		return err
	}
	spec := l.spec(role, l.nginxArgs(ref))
	next, err := rt.Succeed(ctx, spec, old, func() (int, error) {
		next := 0
		err := log.await(ctx, old, func(entries []entry) (ok bool, err error) {
			next, ok, err = succeeded(entries)
			return ok, err
		})
		return next, err
	})
	if err != nil {
		return errors.Join(fmt.Errorf("%w; nginx wrote last:\n%s", err, old.Output()), l.replace(ref, before))
	}
	l.set(spec, next)
	if err := old.Signal(ctx, syscall.SIGQUIT); err != nil {
		return fmt.Errorf("end the old one: %w", err)
	}
	select {
	case <-old.Done():
		return nil
	case <-ctx.Done():
		return fmt.Errorf("the old one still has requests to answer: %w", context.Cause(ctx))
	}
}

// succeeded tells from what the old nginx and the new one write whether the
// new one serves, and its process id.
func succeeded(entries []entry) (pid int, ok bool, err error) {
	const begun, gone = "start new binary process ", "new binary process "
	for _, e := range entries {
		switch {
		case strings.Contains(e.text, "changing binary signal is ignored"):
			return 0, false, errors.New(e.text)
		case strings.HasPrefix(e.text, begun):
			if _, err := fmt.Sscanf(e.text, begun+"%d", &pid); err != nil {
				return 0, false, fmt.Errorf("nginx says %q: %w", e.text, err)
			}
		case pid != 0 && strings.HasPrefix(e.text, fmt.Sprint(gone, pid, " exited")):
			return 0, false, errors.New(e.text + ", and the old one goes on")
		case pid != 0 && e.pid == pid && strings.HasPrefix(e.text, workerStarted):
			return pid, true, nil
		}
	}
	return 0, false, nil
}
