package lab

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
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

// Signal sends sig to the program in this role: to its main process, and KILL
// to all that it has started as well.
func (l *Lab) Signal(ctx context.Context, role string, sig os.Signal) error {
	i, err := l.instance(role)
	if err != nil {
		return fmt.Errorf("signal %w", err)
	}
	return i.Signal(ctx, sig)
}

// Pause stops every process of the program in this role where it is, and
// Resume lets it go on: a server that hangs.
func (l *Lab) Pause(ctx context.Context, role string) error {
	i, err := l.instance(role)
	if err != nil {
		return fmt.Errorf("pause %w", err)
	}
	return i.Pause(ctx)
}

// Resume undoes Pause.
func (l *Lab) Resume(ctx context.Context, role string) error {
	i, err := l.instance(role)
	if err != nil {
		return fmt.Errorf("resume %w", err)
	}
	return i.Resume(ctx)
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
	pidFile := filepath.Join(l.Dir, render.FileName(ref)+".pid")
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

// ErrNoTakeover says that this runtime cannot hand HAProxy's listeners over
// to the program that is to follow.
var ErrNoTakeover = errors.New("the listeners cannot be handed over")

// Takeover is implemented by a runtime that can put a HAProxy in the place of
// another one while traffic runs.
type Takeover interface {
	// TakeOver starts a HAProxy that takes the listeners of old over and lets
	// old finish what it has (HAProxy Management Guide 4, -sf and -x). It
	// returns without waiting for either. Its error is ErrNoTakeover where
	// the runtime cannot do that with this program.
	TakeOver(ctx context.Context, spec Spec, old Instance, socket string) (Instance, error)
}

// TakeOver puts a HAProxy in the place of the one that runs: the same program
// with the same configuration (a reload), or another version (an upgrade). It
// returns when the new one answers on the stats socket; the old one may have
// connections left to finish.
func (l *Lab) TakeOver(ctx context.Context, program *software.Program) error {
	rt, ok := l.runtime.(Takeover)
	if !ok {
		return fmt.Errorf("reload HAProxy: %w in runtime %s", ErrNoTakeover, l.runtime.Name())
	}
	old, err := l.instance(HAProxyRole)
	if err != nil {
		return fmt.Errorf("reload %w", err)
	}
	before, err := l.pid(ctx)
	if err != nil {
		return fmt.Errorf("reload HAProxy: %w", err)
	}
	session, err := l.AdminClient().Open(ctx)
	if err != nil {
		return fmt.Errorf("reload HAProxy: %w", err)
	}
	spec := Spec{Role: HAProxyRole, Program: l.program(HAProxyRole), Args: l.haproxyArgs()}
	if program != nil {
		spec.Program = *program
	}
	next, err := rt.TakeOver(ctx, spec, old, l.Admin)
	if err != nil {
		return errors.Join(fmt.Errorf("reload HAProxy: %w", err), session.Close())
	}
	if err := l.awaitTakeover(ctx, next, before); err != nil {
		return errors.Join(err, session.Close())
	}
	l.sayFarewell(session)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.programs[HAProxyRole] = spec.Program
	l.instances[HAProxyRole] = next
	return nil
}

// takeoverPause is the time between two looks at who answers.
const takeoverPause = 5 * time.Millisecond

// awaitTakeover waits until another process answers on the stats socket. A
// new HAProxy that ends instead (it cannot read the configuration) leaves the
// old one serving.
func (l *Lab) awaitTakeover(ctx context.Context, next Instance, before int) error {
	for {
		if now, err := l.pid(ctx); err == nil && now != before {
			return nil
		}
		if done(next) {
			return fmt.Errorf("reload HAProxy: the new one ended and the old one goes on; it wrote:\n%s", next.Output())
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("reload HAProxy: %w", context.Cause(ctx))
		case <-time.After(takeoverPause):
		}
	}
}

// pid is the process id that HAProxy gives for itself.
func (l *Lab) pid(ctx context.Context) (int, error) {
	info, err := l.AdminClient().Info(ctx)
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(info["Pid"])
}

// ServerAddress is where HAProxy reaches a server.
func (l *Lab) ServerAddress(ref haproxy.ServerRef) string {
	if p, ok := l.target.Servers[ref]; ok {
		return p.Connect
	}
	return l.Scenario.Server(ref).Address
}
