package container

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/client"

	"halab/internal/lab"
)

// Logs writes what the program in this role has written to its standard
// output and error, and with follow what it goes on to write, until ctx ends.
func (r *Runtime) Logs(ctx context.Context, rec *lab.Record, role string, follow bool, w io.Writer) error {
	cli, err := r.client()
	if err != nil {
		return err
	}
	filter := make(client.Filters).Add("label", labelLab+"="+rec.ID).Add("label", labelRole+"="+role)
	found, err := cli.ContainerList(ctx, client.ContainerListOptions{All: true, Filters: filter})
	if err != nil {
		return fmt.Errorf("read the log of %s: %w", role, explain(err))
	}
	for _, c := range found.Items {
		if err := copyLog(ctx, cli, c.ID, follow, w); err != nil {
			return fmt.Errorf("read the log of %s: %w", role, explain(err))
		}
	}
	return nil
}

func copyLog(ctx context.Context, cli *client.Client, id string, follow bool, w io.Writer) error {
	stream, err := cli.ContainerLogs(ctx, id, client.ContainerLogsOptions{ShowStdout: true, ShowStderr: true, Follow: follow})
	if err != nil {
		return err
	}
	defer stream.Close()
	if _, err := stdcopy.StdCopy(w, w, stream); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}
