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
	"sync"
	"syscall"
	"time"
)

// keeper is a process of its own that removes the lab when halab ends
// without having done so, whatever ended it. One that is killed itself is
// followed by another at once.
type keeper struct {
	command []string
	id      string
	tell    func(string)  // gets a line where none guards the lab any more
	ready   chan error    // what came of its start; holds one
	ended   chan struct{} // closed when none runs and none follows

	mu       sync.Mutex
	stdin    io.WriteCloser // of the one that runs
	released bool
	err      error // of the last one, if it ended by itself with an error
}

// keeperTries is how often in a row a keeper may end before it watches.
const keeperTries = 3

// What halab and the keeper say: the keeper that it is ready, halab the lab's
// id, and in the end that there is nothing left to do.
const (
	keeperReady = "ready\n"
	keeperDone  = "done\n"
)

// startKeeper starts the keeper. From its return on the keeper has the pipe,
// whose end it will see whenever it comes to look; armed waits until it has
// said that it does. The record need not be there yet.
func startKeeper(command []string, rec *Record, tell func(string)) (*keeper, error) {
	if len(command) == 0 {
		return nil, nil
	}
	k := &keeper{command: append(command[:len(command):len(command)], rec.path), id: rec.ID, tell: tell,
		ready: make(chan error, 1), ended: make(chan struct{})}
	cmd, stdout, err := k.start()
	if err != nil {
		return nil, err
	}
	go k.attend(cmd, stdout)
	return k, nil
}

// start starts one keeper, unless all is done already.
func (k *keeper) start() (cmd *exec.Cmd, stdout io.Reader, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.released {
		return nil, nil, nil
	}
	cmd = exec.Command(k.command[0], k.command[1:]...)
	// A session of its own: a Ctrl-C or a kill of halab's process group does
	// not reach it.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	cmd.Dir = "/"
	stdin, err := cmd.StdinPipe()
	if err == nil {
		stdout, err = cmd.StdoutPipe()
	}
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		return nil, nil, fmt.Errorf("start the keeper: %w", err)
	}
	k.stdin = stdin
	_, _ = io.WriteString(stdin, k.id+"\n") // one that has ended is seen by attend
	return cmd, stdout, nil
}

// attend follows each keeper to its end, and has another one follow it where
// there is still something to guard.
func (k *keeper) attend(cmd *exec.Cmd, stdout io.Reader) {
	defer close(k.ended)
	watched := false
	for tries := 1; cmd != nil; tries++ {
		line, err := bufio.NewReader(stdout).ReadString('\n')
		if line == keeperReady {
			tries, watched = 0, true
			k.say(nil)
		}
		if line != "" && line != keeperReady || line == "" && tries == keeperTries {
			k.lost(watched, fmt.Errorf("start the keeper: it answered %q (%v)", line, err))
			tries = keeperTries
		}
		err = cmd.Wait()
		if tries == keeperTries {
			return
		}
		k.mu.Lock()
		k.err = ownEnd(err)
		k.mu.Unlock()
		if cmd, stdout, err = k.start(); err != nil {
			k.lost(watched, err)
			return
		}
	}
}

// lost says that no keeper watches. Once one has, nobody asks any more: it is
// told.
func (k *keeper) lost(watched bool, err error) {
	k.say(err)
	if watched && k.tell != nil {
		k.tell(fmt.Sprintf("nothing guards this lab any more: %v; if halab is killed now, halab gc removes what is left", err))
	}
}

// ownEnd is how a keeper ended by itself; that something ended it is no error.
func ownEnd(err error) error {
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() < 0 {
		return nil
	}
	return err
}

// say keeps the newest word about whether a keeper watches.
func (k *keeper) say(err error) {
	for {
		select {
		case k.ready <- err:
			return
		default:
		}
		select {
		case <-k.ready: //nolint:errcheck // the newer answer takes its place
		default:
		}
	}
}

// armed waits until the keeper watches.
func (k *keeper) armed() error {
	if k == nil {
		return nil
	}
	err := <-k.ready
	select {
	case k.ready <- err:
	default: // there is a newer word
	}
	return err
}

// release tells the keeper that there is nothing to do. One that was killed
// just now needs no word.
func (k *keeper) release() error {
	if k == nil {
		return nil
	}
	_ = k.armed() // its output is read before its end is waited for
	k.mu.Lock()
	k.released = true
	_, err := io.WriteString(k.stdin, keeperDone)
	if errors.Is(err, syscall.EPIPE) || errors.Is(err, os.ErrClosed) {
		err = nil
	}
	if cerr := k.stdin.Close(); !errors.Is(cerr, os.ErrClosed) {
		err = errors.Join(err, cerr)
	}
	k.mu.Unlock()
	<-k.ended
	if err := errors.Join(err, k.err); err != nil {
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
