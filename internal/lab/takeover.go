package lab

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"syscall"
	"time"

	"halab/internal/haproxy/adminsock"
	"halab/internal/software"
)

// ErrNoTakeover says that this runtime cannot hand HAProxy's listeners over
// to the program that is to follow.
var ErrNoTakeover = errors.New("the listeners cannot be handed over")

// Takeover is implemented by a runtime that can put a HAProxy in the place of
// another one while traffic runs.
type Takeover interface {
	// TakeOver starts a HAProxy that takes the listeners of old over and lets
	// old finish what it has (HAProxy Management Guide 4). It returns without
	// waiting for either; what it returns is old where that goes on as the
	// master of the new one. Its error is ErrNoTakeover where the runtime
	// cannot do that with this program, and old goes on.
	TakeOver(ctx context.Context, spec Spec, old Instance, socket string) (Instance, error)
}

// TakeOver puts a HAProxy in the place of the one that runs: the same program
// with the same configuration (a reload), or another version (an upgrade). It
// returns when the new one answers on the stats socket; the old one may have
// connections left to finish. note says for people what was done instead where
// the runtime cannot hand the listeners over to another version.
func (l *Lab) TakeOver(ctx context.Context, program *software.Program) (note string, err error) {
	what, spec := "reload HAProxy", l.spec(HAProxyRole, l.haproxyArgs())
	if program != nil {
		what, spec.Program = "upgrade HAProxy", *program
	}
	defer func() {
		if err != nil {
			err = fmt.Errorf("%s: %w", what, err)
		}
	}()
	rt, ok := l.runtime.(Takeover)
	if !ok {
		return "", fmt.Errorf("%w in runtime %s", ErrNoTakeover, l.runtime.Name())
	}
	old, err := l.instance(HAProxyRole)
	if err != nil {
		return "", err
	}
	before, err := l.pid(ctx)
	if err != nil {
		return "", err
	}
	session, err := l.AdminClient().Open(ctx)
	if err != nil {
		return "", err
	}
	next, err := rt.TakeOver(ctx, spec, old, l.Admin)
	switch {
	case errors.Is(err, ErrNoTakeover) && program != nil:
		return l.follow(ctx, spec, old, session)
	case err != nil:
		return "", errors.Join(err, session.Close())
	}
	if err := l.awaitTakeover(ctx, next, before); err != nil {
		return "", errors.Join(err, session.Close())
	}
	if err := awaitStopping(ctx, session); err != nil {
		return "", errors.Join(fmt.Errorf("the old one does not stop: %w", err), session.Close())
	}
	l.sayFarewell(ctx, session)
	l.set(spec, next)
	return "", nil
}

// softStop is how long a HAProxy that is stopped softly may have connections
// left: what an engine gives a container before it kills it.
const softStop = 10 * time.Second

// follow puts another HAProxy in the place of the one that runs without its
// listeners: the old one is stopped softly (HAProxy Management Guide 4, USR1),
// and the new one starts at the same addresses when the old one's last
// connection has ended, or has been cut. In between nobody listens.
func (l *Lab) follow(ctx context.Context, spec Spec, old Instance, session *adminsock.Session) (note string, err error) {
	l.sayFarewell(ctx, session)
	begin := time.Now()
	how, err := endSoftly(ctx, old)
	if err != nil {
		return "", err
	}
	next, err := l.runtime.Start(ctx, spec)
	if err != nil {
		return "", err
	}
	l.set(spec, next)
	const nobody = 0
	if err := l.awaitTakeover(ctx, next, nobody); err != nil {
		return "", err
	}
	return fmt.Sprintf("in runtime %s %v: the old HAProxy %s, and the new one answered %s after that began; in between nobody listened",
		l.runtime.Name(), ErrNoTakeover, how, time.Since(begin).Round(time.Millisecond)), nil
}

// endSoftly ends a HAProxy and says how.
func endSoftly(ctx context.Context, i Instance) (how string, err error) {
	if err := i.Signal(ctx, syscall.SIGUSR1); err != nil {
		return "", err
	}
	how = "was stopped softly"
	patience := time.NewTimer(softStop)
	defer patience.Stop()
	for {
		select {
		case <-i.Done():
			return how, nil
		case <-patience.C:
			how = fmt.Sprintf("was stopped softly, what it still had was cut after %s", softStop)
			if err := i.Signal(ctx, syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
				return "", err
			}
		case <-ctx.Done():
			return "", fmt.Errorf("the old one was stopped softly and has not ended: %w", context.Cause(ctx))
		}
	}
}

// set makes a started program the one of its role.
func (l *Lab) set(spec Spec, i Instance) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.programs[spec.Role] = spec.Program
	l.instances[spec.Role] = i
	l.watch(spec.Role, i)
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
			return fmt.Errorf("the new one ended; it wrote:\n%s", next.Output())
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("no new one answers: %w; HAProxy wrote last:\n%s", context.Cause(ctx), next.Output())
		case <-time.After(takeoverPause):
		}
	}
}

// awaitStopping waits until the HAProxy of this session has been told that
// another has taken over. Until then both accept from the stats socket, and a
// command could go to the one that leaves.
func awaitStopping(ctx context.Context, session *adminsock.Session) error {
	for {
		switch info, err := session.Info(ctx); {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case err != nil || info["Stopping"] != "0":
			return nil // or it has ended
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
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
