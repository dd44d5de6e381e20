package container

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/client"
	"golang.org/x/sync/errgroup"

	"halab/internal/lab"
	"halab/internal/lab/process"
)

// An engine finishes a call whose caller was killed, so a network or a
// container may come up after nothing was found.
const settle = 1500 * time.Millisecond

// The pauses between looks: after something was found, which may need another
// call, and after nothing was, when only something late can still come.
const (
	foundPause = 20 * time.Millisecond
	emptyPause = 100 * time.Millisecond
)

// keptAfter is how long an engine may refuse to remove a network that no
// container of the lab's is connected to any more.
const keptAfter = 10 * time.Second

// Remove removes every container and network of the lab and returns when
// none is left. Where the lab's halab was killed it goes on looking for a
// while, and for longer the longer the engine takes for what it is asked. Its
// error is lab.ErrKept where all is gone but a network that the engine refuses
// to remove.
func (r *Runtime) Remove(ctx context.Context, rec *lab.Record) error {
	cli, err := r.client()
	if err != nil {
		return err
	}
	kept := removeUntil(ctx, cli, rec, 0)
	if kept == nil && !r.settled(rec) {
		took, err := r.pace(ctx, rec)
		if err != nil {
			return fmt.Errorf("remove the lab's containers: %w", err)
		}
		kept = removeUntil(ctx, cli, rec, settle+took)
	}
	if kept != nil && !errors.Is(kept, lab.ErrKept) {
		return kept
	}
	r.forget(rec)
	// A command of the user's ran beside the containers, and may have left
	// something.
	return errors.Join(kept, process.New().Remove(ctx, rec))
}

// removeUntil removes what there is of the lab until nothing was found for as
// long as quiet, or nothing but what the engine keeps.
func removeUntil(ctx context.Context, cli *client.Client, rec *lab.Record, quiet time.Duration) error {
	var last removal
	since := time.Now() // when a look came to what the last one did
	for {
		was, err := removeAll(ctx, cli, labelLab+"="+rec.ID)
		if err != nil {
			return fmt.Errorf("remove the lab's containers: %w", explain(err))
		}
		if was.found != last.found || (was.refused == nil) != (last.refused == nil) {
			since = time.Now()
		}
		last = was
		pause := emptyPause
		switch passed := time.Since(since); {
		case !was.found && passed >= quiet:
			return nil
		case was.refused != nil && passed >= keptAfter:
			return fmt.Errorf("%w: %w; docker network inspect shows who is connected. Where nobody is, the engine has miscounted, and lets go when it is started anew. Then run halab gc",
				lab.ErrKept, was.refused)
		case was.found && was.refused == nil:
			pause = foundPause
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("remove the lab's containers: %w", ctx.Err())
		case <-time.After(pause):
		}
	}
}

// settled tells whether no call for the lab can still be under way. The
// runtime that made it has seen all its calls end, unless it gave one up, and
// so had that of a lab which stays.
func (r *Runtime) settled(rec *lab.Record) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return rec.Stay || r.plan != nil && r.plan.site.ID == rec.ID && !r.unsure
}

// pace is how long the engine takes now to make one more network of the lab's,
// which is left to be removed. An engine makes its bridges one after the
// other, so whatever network it was asked for before is there by then: on a
// machine with much to do that was seen to take longer than any fixed wait.
func (r *Runtime) pace(ctx context.Context, rec *lab.Record) (time.Duration, error) {
	begin := time.Now()
	_, err := r.makeNetwork(ctx, networkName(rec.ID)+"-last", labels(rec.ID, rec.StateDir()), 1)
	return time.Since(begin), err
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

// removal is what a look for a lab's containers and networks came to.
type removal struct {
	found   bool  // there were any
	refused error // why the engine keeps a network though there was no container
}

// removeAll removes all containers side by side and then the networks that
// carry the label.
func removeAll(ctx context.Context, cli *client.Client, label string) (removal, error) {
	filter := make(client.Filters).Add("label", label)
	containers, err := cli.ContainerList(ctx, client.ContainerListOptions{All: true, Filters: filter})
	if err != nil {
		return removal{}, err
	}
	networks, err := cli.NetworkList(ctx, client.NetworkListOptions{Filters: filter})
	if err != nil {
		return removal{}, err
	}
	var group errgroup.Group
	for _, c := range containers.Items {
		group.Go(func() error {
			_, err := cli.ContainerRemove(ctx, c.ID, client.ContainerRemoveOptions{Force: true, RemoveVolumes: true})
			return gone(err)
		})
	}
	if err := group.Wait(); err != nil {
		return removal{}, err
	}
	was := removal{found: len(containers.Items)+len(networks.Items) > 0}
	for _, n := range networks.Items {
		_, err := cli.NetworkRemove(ctx, n.ID, client.NetworkRemoveOptions{})
		if gone(err) != nil {
			return removal{}, err
		}
		if errdefs.IsPermissionDenied(err) && len(containers.Items) == 0 {
			was.refused = err
		}
	}
	return was, nil
}

// gone drops the errors that another look settles: it is gone already, or
// somebody is at it, or something is still connected to it.
func gone(err error) error {
	if errdefs.IsNotFound(err) || errdefs.IsConflict(err) || errdefs.IsPermissionDenied(err) {
		return nil
	}
	return err
}
