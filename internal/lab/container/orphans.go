package container

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/moby/moby/client"

	"halab/internal/lab"
)

// Orphans are the labs of this state directory that the engine still has
// something of and that have no record any more, by id. Each comes
// as a record for Remove.
func (r *Runtime) Orphans(ctx context.Context, stateDir string) ([]*lab.Record, error) {
	cli, err := r.client()
	if err != nil {
		return nil, err
	}
	// The engine comes first: a lab is recorded before anything of it is
	// made, so one that begins in between is not taken for an orphan.
	ids, err := labIDs(ctx, cli, stateDir)
	if err != nil {
		return nil, fmt.Errorf("list the engine's labs: %w", explain(err))
	}
	known, err := recorded(ctx, stateDir)
	if err != nil {
		return nil, err
	}
	var out []*lab.Record
	for _, id := range ids {
		if lab.ValidID(id) && !slices.Contains(known, id) {
			out = append(out, lab.Orphan(stateDir, id, r.Name()))
		}
	}
	return out, nil
}

func labIDs(ctx context.Context, cli *client.Client, stateDir string) ([]string, error) {
	filter := make(client.Filters).Add("label", labelState+"="+stateDir)
	containers, err := cli.ContainerList(ctx, client.ContainerListOptions{All: true, Filters: filter})
	if err != nil {
		return nil, err
	}
	networks, err := cli.NetworkList(ctx, client.NetworkListOptions{Filters: filter})
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, c := range containers.Items {
		ids = append(ids, c.Labels[labelLab])
	}
	for _, n := range networks.Items {
		ids = append(ids, n.Labels[labelLab])
	}
	slices.Sort(ids)
	return slices.Compact(ids), nil
}

// recorded are the ids of all records. One that cannot be read may just be
// written, so it is read again; after a while it is none, cut by a full disk.
func recorded(ctx context.Context, stateDir string) ([]string, error) {
	for try := 0; ; try++ {
		records, _, err := lab.List(stateDir)
		if err != nil {
			return nil, err
		}
		var ids []string
		whole := true
		for _, rec := range records {
			ids = append(ids, rec.ID)
			whole = whole && rec.ID != ""
		}
		if whole || try == 10 {
			return ids, nil
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}
