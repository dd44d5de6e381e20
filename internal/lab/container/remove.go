package container

import (
	"context"
	"fmt"
	"time"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/client"
	"golang.org/x/sync/errgroup"

	"halab/internal/lab"
	"halab/internal/lab/process"
)

// What is looked for again after nothing was found: an engine finishes a call
// whose caller was killed, so a container may come up after the first look.
const (
	settle    = 1500 * time.Millisecond
	lookPause = 20 * time.Millisecond
)

// Remove removes every container and network of the lab and returns when
// none is left. Where the lab's halab was killed it goes on looking for a
// while.
func (r *Runtime) Remove(ctx context.Context, rec *lab.Record) error {
	cli, err := r.client()
	if err != nil {
		return err
	}
	quiet := r.quiet(rec)
	var empty time.Time // since when nothing was found
	for {
		found, err := removeAll(ctx, cli, labelLab+"="+rec.ID)
		switch {
		case err != nil:
			return fmt.Errorf("remove the lab's containers: %w", explain(err))
		case found:
			empty = time.Time{}
		case empty.IsZero():
			empty = time.Now()
		}
		if !found && time.Since(empty) >= quiet {
			r.forget(rec)
			// A command of the user's ran beside the containers, and may
			// have left something.
			return process.New().Remove(ctx, rec)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("remove the lab's containers: %w", ctx.Err())
		case <-time.After(lookPause):
		}
	}
}

// quiet is how long nothing may be found before all is removed. The runtime
// that made the lab has seen all its calls end, unless it gave one up, and so
// had that of a lab which stays.
func (r *Runtime) quiet(rec *lab.Record) time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	own := r.plan != nil && r.plan.site.ID == rec.ID && !r.unsure
	if own || rec.Stay {
		return 0
	}
	return settle
}

// forget ends what watches the lab's containers, and the connections, and lets
// go of its ports.
func (r *Runtime) forget(rec *lab.Record) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.plan != nil && r.plan.site.ID == rec.ID {
		r.plan.ports.Close()
		r.end()
	}
	if r.provider != nil {
		_ = r.provider.Close()
	}
	_ = r.cli.Close()
}

// removeAll removes all containers side by side and then the networks that
// carry the label, and says whether there were any.
func removeAll(ctx context.Context, cli *client.Client, label string) (found bool, err error) {
	filter := make(client.Filters).Add("label", label)
	containers, err := cli.ContainerList(ctx, client.ContainerListOptions{All: true, Filters: filter})
	if err != nil {
		return false, err
	}
	networks, err := cli.NetworkList(ctx, client.NetworkListOptions{Filters: filter})
	if err != nil {
		return false, err
	}
	var group errgroup.Group
	for _, c := range containers.Items {
		group.Go(func() error {
			_, err := cli.ContainerRemove(ctx, c.ID, client.ContainerRemoveOptions{Force: true, RemoveVolumes: true})
			return gone(err)
		})
	}
	if err := group.Wait(); err != nil {
		return true, err
	}
	for _, n := range networks.Items {
		if _, err := cli.NetworkRemove(ctx, n.ID, client.NetworkRemoveOptions{}); gone(err) != nil {
			return true, err
		}
	}
	return len(containers.Items)+len(networks.Items) > 0, nil
}

// gone drops the errors that another look settles: it is gone already, or
// somebody is at it, or something is still connected to it.
func gone(err error) error {
	if errdefs.IsNotFound(err) || errdefs.IsConflict(err) || errdefs.IsPermissionDenied(err) {
		return nil
	}
	return err
}
