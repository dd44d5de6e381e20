package container

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"syscall"

	"github.com/moby/moby/api/types/container"

	"halab/internal/lab"
)

// masterWorker runs HAProxy as a master with one worker: the container's main
// process has to outlive a reload (HAProxy Management Guide 3, -W).
const masterWorker = "-W"

// TakeOver has the master start another worker (HAProxy Management Guide 4,
// USR2), which gets the listening sockets of the one that runs. What returns
// is old, the container of the master. Another version is in another image,
// and two containers cannot hand sockets over.
//
// The program first reads its configuration without using it, as Debian's
// service does before a reload: a master that fails to load says so in its
// output alone.
func (r *Runtime) TakeOver(ctx context.Context, spec lab.Spec, old lab.Instance, _ string) (lab.Instance, error) {
	if err := r.check(ctx, spec); err != nil {
		return nil, err
	}
	if o, ok := old.(*instance); !ok || o.image != spec.Program.Image {
		return nil, lab.ErrNoTakeover
	}
	return old, old.Signal(ctx, syscall.SIGUSR2)
}

// check runs a HAProxy with -c, in a container that sees what that of spec
// would see.
func (r *Runtime) check(ctx context.Context, spec lab.Spec) error {
	r.mu.Lock()
	p := r.plan
	r.mu.Unlock()
	if p == nil {
		return errors.New("the lab was not prepared")
	}
	cli, err := r.client()
	if err != nil {
		return err
	}
	host := &container.HostConfig{}
	p.host(host, true)
	host.Sysctls = nil // of a network that it does not have
	output, err := r.runOnce(ctx, cli, &container.Config{
		Image: spec.Program.Image, Entrypoint: spec.Program.Argv, Cmd: append([]string{"-c"}, spec.Args...),
		User: p.user, WorkingDir: p.site.Dir,
		Labels: labels(p.site.ID, p.site.StateDir),
	}, host)
	if err != nil {
		return fmt.Errorf("it cannot read the configuration, and the old one goes on: %w; it wrote:\n%s", err, strings.TrimSpace(output))
	}
	return nil
}
