package container

import (
	"context"
	"fmt"

	"github.com/moby/moby/client"

	"halab/internal/lab"
)

// Alive tells whether a container of the lab runs.
func (r *Runtime) Alive(ctx context.Context, rec *lab.Record) (bool, error) {
	cli, err := r.client()
	if err != nil {
		return false, err
	}
	filter := make(client.Filters).Add("label", labelLab+"="+rec.ID).Add("status", "running")
	running, err := cli.ContainerList(ctx, client.ContainerListOptions{Filters: filter})
	if err != nil {
		return false, fmt.Errorf("look for the lab's containers: %w", explain(err))
	}
	return len(running.Items) > 0, nil
}
