package process

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"halab/internal/lab"
)

// This file runs an nginx as a daemon, which it has to be to be upgraded in
// place: it takes USR2 only once the process that started it is gone (nginx,
// ngx_signal_handler). Then it executes its own argv[0] again. That is a path
// in the lab's directory, a link to the binary at first, for two reasons: a
// binary of another Debian runs only behind its own loader, and the next
// version has to be found there.

// startDaemon starts a program that puts itself into the background, and
// returns once it has done so or has failed to.
func (r *Runtime) startDaemon(ctx context.Context, spec lab.Spec) (lab.Instance, error) {
	exe, argv, err := r.named(spec)
	if err != nil {
		return nil, err
	}
	cmd, err := r.fork(spec.Role, argv)
	if err != nil {
		return nil, err
	}
	starter := r.child(spec.Role, cmd)
	select {
	case <-starter.Done():
	case <-ctx.Done():
		return nil, errors.Join(context.Cause(ctx), starter.Signal(ctx, syscall.SIGKILL))
	}
	if !cmd.ProcessState.Success() {
		return starter, nil // which has ended, and its output says why
	}
	pid, err := awaitPid(ctx, spec.PidFile)
	if err != nil {
		return nil, err
	}
	if err := Adopt(r.site.Dir, pid); err != nil {
		return nil, err
	}
	return r.adopt(spec.Role, pid, pid, exe)
}

// named gives the program of spec a name of its own in the lab's directory,
// and returns it with the command that starts the program under it. The last
// word of a program is its binary, and what comes before that the loader.
func (r *Runtime) named(spec lab.Spec) (exe string, argv []string, err error) {
	words := len(spec.Program.Argv) - 1
	for n := 0; ; n++ {
		exe = filepath.Join(r.site.Dir, strings.ReplaceAll(spec.Role, "/", "-")+".exe"+strconv.Itoa(n))
		err := os.Symlink(spec.Program.Argv[words], exe)
		if err == nil {
			break
		}
		if !errors.Is(err, fs.ErrExist) {
			return "", nil, fmt.Errorf("name its binary: %w", err)
		}
	}
	argv = append(append(spec.Program.Argv[:words:words], exe), spec.Args...)
	return exe, argv, nil
}

// The time between two looks for a process id, and how long one may take to be
// written down.
const (
	pidPause = 2 * time.Millisecond
	pidLimit = 10 * time.Second
)

// awaitPid waits for the process id of a daemon, which writes it down right
// after it has left its starter.
func awaitPid(ctx context.Context, file string) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, pidLimit)
	defer cancel()
	for {
		data, err := os.ReadFile(file)
		if text, whole := strings.CutSuffix(string(data), "\n"); err == nil && whole {
			return strconv.Atoi(text)
		}
		select {
		case <-ctx.Done():
			return 0, fmt.Errorf("read the daemon's process id: %w", context.Cause(ctx))
		case <-time.After(pidPause):
		}
	}
}

// adopt makes an instance of a process that is no child of halab.
func (r *Runtime) adopt(role string, pid, group int, exe string) (*instance, error) {
	p, err := os.FindProcess(pid)
	if err != nil {
		return nil, err
	}
	i := &instance{process: p, group: group, exe: exe, out: OutputFile(r.site.Dir, role), done: make(chan struct{})}
	if err := watch(pid, i.done); err != nil {
		return nil, fmt.Errorf("watch process %d: %w", pid, err)
	}
	return i, nil
}

// Succeed puts what starts the program of spec in the place of what old would
// execute again, and has it do so. What it starts is in its session and its
// process group, and so found when the lab is removed.
func (r *Runtime) Succeed(_ context.Context, spec lab.Spec, old lab.Instance, await func() (int, error)) (lab.Instance, error) {
	o, ok := old.(*instance)
	if !ok || o.exe == "" {
		return nil, fmt.Errorf("%w: it is no daemon", lab.ErrNotInPlace)
	}
	if o.ended() {
		return nil, fmt.Errorf("it has ended already: %w", os.ErrProcessDone)
	}
	exe, argv, err := r.named(spec)
	if err != nil {
		return nil, err
	}
	if err := replaceByScript(o.exe, argv); err != nil {
		return nil, fmt.Errorf("put the next version in its place: %w", err)
	}
	if err := o.process.Signal(syscall.SIGUSR2); err != nil {
		return nil, err
	}
	pid, err := await()
	if err != nil {
		return nil, err
	}
	return r.adopt(spec.Role, pid, o.group, exe)
}

// replaceByScript has path execute argv, whatever arguments it is given. It is
// whole at every moment.
func replaceByScript(path string, argv []string) error {
	var script strings.Builder
	script.WriteString("#!/bin/sh\nexec")
	for _, word := range argv {
		script.WriteString(" '" + strings.ReplaceAll(word, "'", `'\''`) + "'")
	}
	script.WriteString("\n")
	draft := path + ".new"
	// A child that halab starts meanwhile would hold the file open for writing
	// until it becomes another program, and nothing can execute it then
	// (execve(2), ETXTBSY).
	syscall.ForkLock.RLock()
	err := os.WriteFile(draft, []byte(script.String()), 0o755)
	syscall.ForkLock.RUnlock()
	if err != nil {
		return err
	}
	return os.Rename(draft, path)
}
