package container

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/mount"
	"github.com/moby/moby/api/types/network"
	"github.com/moby/moby/client"
	"github.com/testcontainers/testcontainers-go"

	"halab/internal/lab"
	"halab/internal/lab/ports"
)

// callTimeout bounds one engine call that must not be cut: a loaded machine
// needs seconds for a container.
const callTimeout = time.Minute

// uncut is a context for a call that makes something: cutting it would leave
// the engine at it, and what it makes could come up after the lab was removed.
// So a cancelled start waits for such a call. done is to be called after it.
func (r *Runtime) uncut(ctx context.Context) (_ context.Context, done func()) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), callTimeout)
	return ctx, func() {
		if ctx.Err() != nil {
			r.mu.Lock()
			r.unsure = true
			r.mu.Unlock()
		}
		cancel()
	}
}

// Start makes and starts the container of one program.
func (r *Runtime) Start(ctx context.Context, spec lab.Spec) (lab.Instance, error) {
	r.mu.Lock()
	provider, p := r.provider, r.plan
	r.mu.Unlock()
	if p == nil {
		return nil, errors.New("the lab was not prepared")
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	call, done := r.uncut(ctx)
	defer done()
	if err := r.clear(call, spec.Role); err != nil {
		return nil, p.explain(err)
	}
	c, err := provider.CreateContainer(call, p.request(spec))
	if err != nil {
		return nil, p.explain(err)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := c.Start(call); err != nil {
		return nil, p.explain(err)
	}
	cli, err := r.client()
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	r.started[spec.Role] = c.GetContainerID()
	r.mu.Unlock()
	return newInstance(r.life, cli, c.GetContainerID(), spec.Program.Image), ctx.Err()
}

// clear removes the container that had this role before and has ended: the
// next one takes its name and address.
func (r *Runtime) clear(ctx context.Context, role string) error {
	r.mu.Lock()
	id, was := r.started[role]
	r.mu.Unlock()
	if !was {
		return nil
	}
	cli, err := r.client()
	if err != nil {
		return err
	}
	_, err = cli.ContainerRemove(ctx, id, client.ContainerRemoveOptions{RemoveVolumes: true})
	return gone(err)
}

// request is what testcontainers is asked for.
func (p *plan) request(spec lab.Spec) testcontainers.ContainerRequest {
	haproxy := spec.Role == lab.HAProxyRole
	var published network.PortMap
	var made *container.HostConfig
	req := testcontainers.ContainerRequest{
		Name:           p.network + "-" + p.alias[spec.Role],
		Image:          spec.Program.Image,
		Entrypoint:     spec.Program.Argv,
		Cmd:            spec.Args,
		Labels:         labels(p.site.ID, p.site.StateDir),
		Networks:       []string{p.network},
		NetworkAliases: map[string][]string{p.network: {p.alias[spec.Role]}},
		ConfigModifier: func(c *container.Config) {
			c.User = p.user
			c.WorkingDir = p.site.Dir
		},
		HostConfigModifier: func(h *container.HostConfig) {
			p.host(h, haproxy)
			made = h
		},
		EndpointSettingsModifier: func(e map[string]*network.EndpointSettings) {
			if s := e[p.network]; s != nil {
				s.IPAMConfig = &network.EndpointIPAMConfig{IPv4Address: p.address[spec.Role]}
			}
		},
		// testcontainers publishes what an image exposes, on every address
		// of the host. This hook runs after it has decided so.
		LifecycleHooks: []testcontainers.ContainerLifecycleHooks{{
			PreCreates: []testcontainers.ContainerRequestHook{
				func(context.Context, testcontainers.ContainerRequest) error {
					made.PortBindings = published
					return nil
				},
			},
		}},
	}
	req.Labels[labelRole] = spec.Role
	if haproxy {
		req.Cmd = append(spec.Args[:len(spec.Args):len(spec.Args)], masterWorker)
		published = p.publish
		for _, port := range slices.Collect(maps.Keys(p.publish)) {
			req.ExposedPorts = append(req.ExposedPorts, port.String())
		}
	}
	return req
}

// host is the part of a container that concerns the host. The lab's directory
// is at the same path inside, so that no path is ever translated.
func (p *plan) host(h *container.HostConfig, haproxy bool) {
	h.NetworkMode = container.NetworkMode(p.network)
	h.Mounts = append(h.Mounts, mount.Mount{Type: mount.TypeBind, Source: p.site.Dir, Target: p.site.Dir})
	// Without this a host with SELinux keeps the containers from the
	// directory; other hosts ignore it.
	h.SecurityOpt = append(h.SecurityOpt, "label=disable")
	// The containers run as the user, and the scenario's ports are low ones.
	// Docker does so since 20.10, other engines do not.
	h.Sysctls = map[string]string{"net.ipv4.ip_unprivileged_port_start": "0"}
	// HAProxy sizes its tables by the limit of open files, and an engine may
	// set a billion.
	h.Ulimits = append(h.Ulimits, p.openFiles())
	if haproxy {
		h.ExtraHosts = p.extra
		h.Mounts = append(h.Mounts, mount.Mount{Type: mount.TypeBind, ReadOnly: true,
			Source: filepath.Join(p.site.Dir, nsswitch), Target: "/etc/nsswitch.conf"})
	}
}

// openFiles is the limit of open files: two for each connection that the
// scenario allows, and some. An engine without the right to raise limits has
// those of the user who started it, which are taken to be this one's.
func (p *plan) openFiles() *container.Ulimit {
	n := max(1<<16, int64(2*p.site.Scenario.HAProxy.Global.MaxConn+1<<10))
	var own syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &own); err == nil && own.Max < uint64(n) {
		n = int64(own.Max)
	}
	return &container.Ulimit{Name: "nofile", Soft: n, Hard: n}
}

// nsswitch is the file of the lab's directory that has HAProxy's container
// look into its hosts file before it asks a DNS server. An image without one
// does not look there at all once a server has said no (nsswitch.conf(5)).
const nsswitch = "nsswitch.conf"

func (p *plan) writeNsswitch() error {
	if err := os.WriteFile(filepath.Join(p.site.Dir, nsswitch), []byte("hosts: files dns\n"), 0o644); err != nil {
		return fmt.Errorf("write %s: %w", nsswitch, err)
	}
	return nil
}

// explain says what an engine's error means for the lab.
func (p *plan) explain(err error) error {
	text := err.Error()
	switch {
	case strings.Contains(text, "bind source path does not exist"):
		return fmt.Errorf("the engine does not see the lab's directory %s (does halab itself run in a container?): %w", p.site.Dir, err)
	case strings.Contains(text, "port is already allocated"), strings.Contains(text, "address already in use"):
		for _, bindings := range p.publish {
			for _, b := range bindings {
				if strings.Contains(text, ":"+b.HostPort) {
					return &ports.Error{Address: b.HostIP.String() + ":" + b.HostPort, Err: err}
				}
			}
		}
	}
	return explain(err)
}
