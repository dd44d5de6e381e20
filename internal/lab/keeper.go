package lab

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

// keeper is a process of its own that removes the lab when halab ends
// without having done so, whatever ended it.
type keeper struct {
	cmd   *exec.Cmd
	stdin io.WriteCloser
	ready chan error // what came of its start; holds one
}

// What halab and the keeper say: the keeper that it is ready, halab the lab's
// id, and in the end that there is nothing left to do.
const (
	keeperReady = "ready\n"
	keeperDone  = "done\n"
)

// startKeeper starts the keeper. From its return on the keeper has the pipe,
// whose end it will see whenever it comes to look; armed waits until it has
// said that it does. The record need not be there yet.
func startKeeper(command []string, rec *Record) (*keeper, error) {
	if len(command) == 0 {
		return nil, nil
	}
	cmd := exec.Command(command[0], append(command[1:len(command):len(command)], rec.path)...)
	// A session of its own: a Ctrl-C or a kill of halab's process group does
	// not reach it.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	cmd.Dir = "/"
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("start the keeper: %w", err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("start the keeper: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the keeper: %w", err)
	}
	k := &keeper{cmd: cmd, stdin: stdin, ready: make(chan error, 1)}
	go func() {
		line, err := bufio.NewReader(stdout).ReadString('\n')
		if line == keeperReady {
			err = nil
		} else {
			err = fmt.Errorf("start the keeper: it answered %q (%v)", line, err)
		}
		k.ready <- err
	}()
	if _, err := io.WriteString(stdin, rec.ID+"\n"); err != nil {
		return nil, errors.Join(fmt.Errorf("start the keeper: %w", err), k.release())
	}
	return k, nil
}

// armed waits until the keeper watches.
func (k *keeper) armed() error {
	if k == nil {
		return nil
	}
	err := <-k.ready
	k.ready <- err
	return err
}

// release tells the keeper that there is nothing to do.
func (k *keeper) release() error {
	if k == nil {
		return nil
	}
	_ = k.armed() // its output is read before its end is waited for
	_, err := io.WriteString(k.stdin, keeperDone)
	if err := errors.Join(err, k.stdin.Close(), k.cmd.Wait()); err != nil {
		return fmt.Errorf("release the keeper: %w", err)
	}
	return nil
}

// Keep is the keeper's own program: it waits until in ends and then, unless
// it was told that all is done, removes the lab of the record at path. The
// runtime is made only then, by runtime.
func Keep(in io.Reader, out io.Writer, path string, runtime func(name string) (Runtime, error)) error {
	// halab may be killed before it has read the word: that must not end the
	// keeper, whose work begins then.
	signal.Ignore(syscall.SIGPIPE)
	_, _ = io.WriteString(out, keeperReady)
	said, _ := io.ReadAll(in)
	id, rest, whole := strings.Cut(string(said), "\n")
	if !whole || rest == keeperDone {
		return nil
	}
	r := &Record{ID: id, path: path}
	if err := os.Remove(r.draft()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove the draft of a record: %w", err)
	}
	r, err := readRecord(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if r.ID != id {
		return nil // the name was taken by another lab
	}
	rt, err := runtime(r.Runtime)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for ctx.Err() == nil {
		if err = r.remove(ctx, rt); err == nil || errors.Is(err, ErrKept) {
			return err
		}
		select {
		case <-ctx.Done():
		case <-time.After(200 * time.Millisecond):
		}
	}
	return err
}
