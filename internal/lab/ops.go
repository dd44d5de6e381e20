package lab

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"halab/internal/haproxy"
	"halab/internal/render"
	"halab/internal/software"
)

// instance is the program in this role.
func (l *Lab) instance(role string) (Instance, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if i := l.instances[role]; i != nil {
		return i, nil
	}
	return nil, fmt.Errorf("%s: it does not run in this lab", role)
}

// act does something to the program in this role, which has to run.
func (l *Lab) act(what, role string, do func(Instance) error) error {
	i, err := l.instance(role)
	if err != nil {
		return fmt.Errorf("%s %w", what, err)
	}
	err = do(i)
	if err != nil && (done(i) || errors.Is(err, os.ErrProcessDone)) {
		return fmt.Errorf("%s %s: it has ended already: %w", what, role, os.ErrProcessDone)
	}
	return err
}

// Signal sends sig to the program in this role: to its main process, and KILL
// to all that it has started as well. One that has ended is os.ErrProcessDone.
func (l *Lab) Signal(ctx context.Context, role string, sig os.Signal) error {
	return l.act("signal", role, func(i Instance) error { return i.Signal(ctx, sig) })
}

// Pause stops every process of the program in this role where it is, and
// Resume lets it go on: a server that hangs. One that has ended is
// os.ErrProcessDone.
func (l *Lab) Pause(ctx context.Context, role string) error {
	return l.act("pause", role, func(i Instance) error { return i.Pause(ctx) })
}

// Resume undoes Pause.
func (l *Lab) Resume(ctx context.Context, role string) error {
	return l.act("resume", role, func(i Instance) error { return i.Resume(ctx) })
}

// Ended waits until the program in this role has ended.
func (l *Lab) Ended(ctx context.Context, role string) error {
	i, err := l.instance(role)
	if err != nil {
		return fmt.Errorf("wait for the end of %w", err)
	}
	select {
	case <-i.Done():
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait for the end of %s: %w", role, context.Cause(ctx))
	}
}

// Runs reports whether the program that the lab itself started in this role has
// not ended.
func (l *Lab) Runs(role string) bool {
	i, err := l.instance(role)
	return err == nil && !done(i)
}

// Output is the end of what the program in this role wrote.
func (l *Lab) Output(role string) string {
	i, err := l.instance(role)
	if err != nil {
		return ""
	}
	return i.Output()
}

// StartServer starts the nginx of a server that has ended again: the program
// given, or the one that it had.
func (l *Lab) StartServer(ctx context.Context, ref haproxy.ServerRef, program *software.Program) error {
	role := ref.String()
	if i, err := l.instance(role); err != nil {
		return fmt.Errorf("start %w", err)
	} else if !done(i) {
		return fmt.Errorf("start %s: it runs already", role)
	}
	if program != nil {
		if err := l.replace(ref, *program); err != nil {
			return err
		}
	}
	pidFile := l.pidFile(ref)
	if err := os.Remove(pidFile); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("start %s: %w", role, err) // of one that was killed
	}
	if err := l.start(ctx, role, l.nginxArgs(ref)); err != nil {
		return err
	}
	return l.awaitNginx(ctx, role, pidFile)
}

// awaitNginx waits until a started nginx listens: it writes its process id
// once it has opened its sockets (nginx, ngx_init_cycle). Sent traffic before
// that, it would refuse it.
func (l *Lab) awaitNginx(ctx context.Context, role, pidFile string) error {
	i, err := l.instance(role)
	if err != nil {
		return err
	}
	for {
		if info, err := os.Stat(pidFile); err == nil && info.Size() > 0 {
			return nil
		}
		if done(i) {
			return fmt.Errorf("start %s: it ended at once; it wrote:\n%s", role, i.Output())
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("start %s: it does not listen: %w", role, context.Cause(ctx))
		case <-time.After(takeoverPause):
		}
	}
}

func done(i Instance) bool {
	select {
	case <-i.Done():
		return true
	default:
		return false
	}
}

// replace gives a server another program and a configuration that names it.
func (l *Lab) replace(ref haproxy.ServerRef, program software.Program) error {
	l.mu.Lock()
	l.programs[ref.String()] = program
	l.target.Versions[ref] = program.Got.String()
	l.mu.Unlock()
	return l.rewrite(ref)
}

// rewrite writes the configuration of a server anew.
func (l *Lab) rewrite(ref haproxy.ServerRef) error {
	conf, err := render.Nginx(l.Scenario, ref, l.targetNow())
	if err != nil {
		return err
	}
	path := filepath.Join(l.Dir, render.FileName(ref)+".conf")
	if err := os.WriteFile(path, conf, 0o644); err != nil {
		return fmt.Errorf("write the configuration of %s: %w", ref, err)
	}
	return nil
}

// pidFile is where a server's nginx writes its process id.
func (l *Lab) pidFile(ref haproxy.ServerRef) string {
	return filepath.Join(l.Dir, render.FileName(ref)+".pid")
}

// ServerAddress is where HAProxy reaches a server.
func (l *Lab) ServerAddress(ref haproxy.ServerRef) string {
	if p, ok := l.target.Servers[ref]; ok {
		return p.Connect
	}
	return l.Scenario.Server(ref).Address
}
