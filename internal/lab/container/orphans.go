package container

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/moby/moby/client"

	"halab/internal/lab"
)

// Orphans are the labs of this state directory that the engine still has
// something of and that have no record any more, by id. Each comes
// as a record for Remove. Where a record was skipped it is an error instead.
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
	return unrecorded(ctx, stateDir, r.Name(), ids)
}

// unrecorded are the labs among ids that have no record. A record that is
// skipped or cannot be read may be that of any of them, of one that runs too:
// beside such a record none is called an orphan.
func unrecorded(ctx context.Context, stateDir, runtime string, ids []string) ([]*lab.Record, error) {
	known, unknown, err := recorded(ctx, stateDir)
	if err != nil {
		return nil, err
	}
	var out []*lab.Record
	for _, id := range ids {
		if lab.ValidID(id) && !slices.Contains(known, id) {
			out = append(out, lab.Orphan(stateDir, id, runtime))
		}
	}
	if len(out) > 0 && unknown != nil {
		return nil, fmt.Errorf("records were skipped, so halab cannot tell which containers and networks are left over: %w", unknown)
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
// written, so it is read again. What is none after a while, cut by a full disk
// say, is in unknown, as is what is skipped.
func recorded(ctx context.Context, stateDir string) (ids []string, unknown, err error) {
	for try := 0; ; try++ {
		records, skipped, err := lab.List(stateDir)
		if err != nil {
			return nil, nil, err
		}
		ids, whole := []string(nil), true
		for _, rec := range records {
			ids = append(ids, rec.ID)
			if rec.ID == "" {
				whole = false
				skipped = append(skipped, fmt.Errorf("the record of lab %s cannot be read", rec.Name))
			}
		}
		if whole || try == 10 {
			return ids, errors.Join(skipped...), nil
		}
		select {
		case <-ctx.Done():
			return nil, nil, ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}
