package container

import (
	"context"

	"github.com/moby/moby/client"
)

// Pause freezes every process of the container.
func (i *instance) Pause(ctx context.Context) error {
	_, err := i.cli.ContainerPause(ctx, i.id, client.ContainerPauseOptions{})
	return explain(err)
}

// Resume lets them go on.
func (i *instance) Resume(ctx context.Context) error {
	_, err := i.cli.ContainerUnpause(ctx, i.id, client.ContainerUnpauseOptions{})
	return explain(err)
}
