package container

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strconv"
	"syscall"
	"time"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"
)

// instance is a started container.
type instance struct {
	cli   *client.Client
	id    string
	image string
	done  chan struct{}
}

// newInstance watches the container until it ends, or life does.
func newInstance(life context.Context, cli *client.Client, id, image string) *instance {
	i := &instance{cli: cli, id: id, image: image, done: make(chan struct{})}
	go i.wait(life)
	return i
}

// waitPause is the time between two attempts to watch a container, for an
// engine that restarts.
const waitPause = 200 * time.Millisecond

func (i *instance) wait(life context.Context) {
	for life.Err() == nil {
		w := i.cli.ContainerWait(life, i.id, client.ContainerWaitOptions{Condition: container.WaitConditionNotRunning})
		var err error
		select {
		case <-w.Result:
		case err = <-w.Error:
		case <-life.Done():
			return
		}
		if err == nil || errdefs.IsNotFound(err) {
			close(i.done)
			return
		}
		select {
		case <-life.Done():
		case <-time.After(waitPause):
		}
	}
}

// Signal sends sig to the container's main process; one that has ended is
// os.ErrProcessDone.
func (i *instance) Signal(ctx context.Context, sig os.Signal) error {
	s, ok := sig.(syscall.Signal)
	if !ok {
		return fmt.Errorf("signal %v: not one of this system", sig)
	}
	_, err := i.cli.ContainerKill(ctx, i.id, client.ContainerKillOptions{Signal: strconv.Itoa(int(s))})
	if errdefs.IsConflict(err) || errdefs.IsNotFound(err) {
		return os.ErrProcessDone
	}
	return explain(err)
}

// Done is closed when the main process has ended.
func (i *instance) Done() <-chan struct{} { return i.done }

// What of a container's output an error message shows.
const (
	outputLines   = "50"
	outputTail    = 4096 // bytes
	outputTimeout = 10 * time.Second
)

// Output is the last 4 KiB that the container wrote.
func (i *instance) Output() string {
	ctx, cancel := context.WithTimeout(context.Background(), outputTimeout)
	defer cancel()
	logs, err := i.cli.ContainerLogs(ctx, i.id, client.ContainerLogsOptions{ShowStdout: true, ShowStderr: true, Tail: outputLines})
	if err != nil {
		return ""
	}
	defer logs.Close()
	var out bytes.Buffer
	_, _ = stdcopy.StdCopy(&out, &out, logs) // what came is better than nothing
	return string(out.Bytes()[max(0, out.Len()-outputTail):])
}
