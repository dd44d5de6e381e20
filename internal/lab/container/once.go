package container

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"
)

// Run runs argv in a new container instead of the image's entrypoint, without
// a network, removes it, and returns what it wrote.
func (r *Runtime) Run(ctx context.Context, image string, argv []string) (output string, err error) {
	cli, err := r.client()
	if err != nil {
		return "", err
	}
	r.sweep(ctx, cli)
	return r.runOnce(ctx, cli, &container.Config{
		Image: image, Entrypoint: argv, Labels: map[string]string{labelOnce: onceOwner()},
	}, &container.HostConfig{})
}

// runOnce runs a container to its end and removes it. It has no network.
func (r *Runtime) runOnce(ctx context.Context, cli *client.Client, config *container.Config, host *container.HostConfig) (output string, err error) {
	config.AttachStdout, config.AttachStderr = true, true
	// The engine removes it when it ends, whether halab lives or not.
	host.NetworkMode, host.AutoRemove = "none", true
	call, done := r.uncut(ctx)
	made, err := cli.ContainerCreate(call, client.ContainerCreateOptions{Config: config, HostConfig: host})
	done()
	if err != nil {
		return "", explain(err)
	}
	defer func() {
		clean, cancel := context.WithTimeout(context.WithoutCancel(ctx), callTimeout)
		defer cancel()
		_, rmErr := cli.ContainerRemove(clean, made.ID, client.ContainerRemoveOptions{Force: true, RemoveVolumes: true})
		if rmErr := gone(rmErr); err == nil && rmErr != nil {
			err = fmt.Errorf("remove the container: %w", explain(rmErr))
		}
	}()
	if err := ctx.Err(); err != nil {
		return "", err
	}
	return runMade(ctx, cli, made.ID)
}

// runMade attaches to the container before it starts, so that nothing of what
// it writes is missed.
func runMade(ctx context.Context, cli *client.Client, id string) (string, error) {
	attached, err := cli.ContainerAttach(ctx, id, client.ContainerAttachOptions{Stream: true, Stdout: true, Stderr: true})
	if err != nil {
		return "", explain(err)
	}
	defer attached.Close()
	stop := context.AfterFunc(ctx, attached.Close)
	defer stop()
	waiting, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := cli.ContainerWait(waiting, id, client.ContainerWaitOptions{Condition: container.WaitConditionNextExit})
	if _, err := cli.ContainerStart(ctx, id, client.ContainerStartOptions{}); err != nil {
		return "", explain(err)
	}
	var out bytes.Buffer
	if _, err := stdcopy.StdCopy(&out, &out, attached.Reader); err != nil {
		return out.String(), fmt.Errorf("read the container's output: %w", explain(err))
	}
	select {
	case res := <-ended.Result:
		if res.StatusCode != 0 {
			return out.String(), fmt.Errorf("exit status %d", res.StatusCode)
		}
		return out.String(), nil
	case err := <-ended.Error:
		return out.String(), explain(err)
	}
}

// onceAge is how old a container of Run is before it counts as left behind,
// whatever is known of who made it.
const onceAge = time.Minute

// onceOwner names this process: the host, as it is called where it runs, and
// the process id there.
func onceOwner() string {
	host, _ := os.Hostname() // "" is as good a name, on every halab of this host
	return fmt.Sprintf("%s:%d", host, os.Getpid())
}

// orphaned tells whether the process that made a container of Run is gone. One
// of another host name, which a container has, cannot be asked for.
func orphaned(owner string) bool {
	at := strings.LastIndex(owner, ":")
	host, _ := os.Hostname()
	pid, err := strconv.Atoi(owner[at+1:])
	if at < 0 || err != nil || owner[:at] != host {
		return false
	}
	return errors.Is(syscall.Kill(pid, 0), syscall.ESRCH)
}

// sweep removes, once, what a Run left behind that ended between making the
// container and starting it.
func (r *Runtime) sweep(ctx context.Context, cli *client.Client) {
	r.mu.Lock()
	swept := r.swept
	r.swept = true
	r.mu.Unlock()
	if !swept {
		_, _ = sweepOnce(ctx, cli) // the next call meets the same error, and says so
	}
}

// Sweep removes the containers that were to run one command and whose halab is
// gone, and says how many there were.
func (r *Runtime) Sweep(ctx context.Context) (removed int, err error) {
	cli, err := r.client()
	if err != nil {
		return 0, err
	}
	return sweepOnce(ctx, cli)
}

func sweepOnce(ctx context.Context, cli *client.Client) (removed int, err error) {
	list, err := cli.ContainerList(ctx, client.ContainerListOptions{All: true, Filters: make(client.Filters).Add("label", labelOnce)})
	if err != nil {
		return 0, fmt.Errorf("list the engine's containers: %w", explain(err))
	}
	for _, c := range list.Items {
		if time.Since(time.Unix(c.Created, 0)) < onceAge && !orphaned(c.Labels[labelOnce]) {
			continue
		}
		if _, rerr := cli.ContainerRemove(ctx, c.ID, client.ContainerRemoveOptions{Force: true, RemoveVolumes: true}); gone(rerr) != nil {
			err = errors.Join(err, fmt.Errorf("remove a container that asked for a version: %w", explain(rerr)))
			continue
		}
		removed++
	}
	return removed, err
}
