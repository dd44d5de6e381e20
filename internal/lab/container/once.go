package container

import (
	"bytes"
	"context"
	"fmt"
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
	return runOnce(ctx, cli, &container.Config{
		Image: image, Entrypoint: argv, Labels: map[string]string{labelOnce: "true"},
	}, &container.HostConfig{})
}

// runOnce runs a container to its end and removes it. It has no network.
func runOnce(ctx context.Context, cli *client.Client, config *container.Config, host *container.HostConfig) (output string, err error) {
	config.AttachStdout, config.AttachStderr = true, true
	// The engine removes it when it ends, whether halab lives or not.
	host.NetworkMode, host.AutoRemove = "none", true
	made, err := cli.ContainerCreate(ctx, client.ContainerCreateOptions{Config: config, HostConfig: host})
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

// onceAge is how old a container of Run is before it counts as left behind.
const onceAge = time.Minute

// sweep removes, once, what a Run left behind whose halab was killed between
// making the container and starting it.
func (r *Runtime) sweep(ctx context.Context, cli *client.Client) {
	r.mu.Lock()
	swept := r.swept
	r.swept = true
	r.mu.Unlock()
	if swept {
		return
	}
	list, err := cli.ContainerList(ctx, client.ContainerListOptions{All: true, Filters: make(client.Filters).Add("label", labelOnce)})
	if err != nil {
		return // the next Run meets the same error, and says so
	}
	for _, c := range list.Items {
		if time.Since(time.Unix(c.Created, 0)) > onceAge {
			_, _ = cli.ContainerRemove(ctx, c.ID, client.ContainerRemoveOptions{Force: true, RemoveVolumes: true})
		}
	}
}
