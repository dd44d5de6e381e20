package process

import (
	"bufio"
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

// mark begins the environment variable by which a lab's processes, and what
// they start, are known; the lab's id follows.
const mark = "HALAB_LAB="

// leaders is the file of the lab's directory that lists the session leaders
// that were started, each as its process id and what birth says of it: nginx
// overwrites its environment, but its session stays.
const leaders = "leaders"

// Adopt makes the session of this leader the lab's, whose directory is dir:
// what is in it ends with the lab.
func Adopt(dir string, pid int) error {
	f, err := os.OpenFile(filepath.Join(dir, leaders), os.O_CREATE|os.O_WRONLY|os.O_APPEND|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return fmt.Errorf("record the process: %w", err)
	}
	_, err = fmt.Fprintln(f, pid, birth(pid))
	return errors.Join(err, f.Close())
}

// Hold opens what a program of the lab inherits as descriptor 3, and by which
// it is known even without its environment.
func Hold(id, dir string) (*os.File, error) {
	f, err := lab.OpenMark(id, dir)
	if err != nil {
		return nil, fmt.Errorf("open the lab's mark: %w", err)
	}
	return f, nil
}

// readLeaders is what birth said of each leader, by process id. Only a
// directory that halab made is believed.
func readLeaders(id, dir string) (map[int]string, error) {
	if lab.CheckDir(id, dir) != nil {
		return nil, nil
	}
	f, err := os.OpenFile(filepath.Join(dir, leaders), os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	out := map[int]string{}
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		number, born, _ := strings.Cut(lines.Text(), " ")
		if pid, err := strconv.Atoi(number); err == nil && pid > 1 {
			out[pid] = born
		}
	}
	return out, lines.Err()
}

// Find lists the processes of the lab with this id and directory, but no
// zombies.
func Find(id, dir string) ([]int, error) {
	if !lab.ValidID(id) {
		return nil, nil
	}
	m, err := newMembers(id, dir)
	if err != nil {
		return nil, err
	}
	return m.list()
}

// A program that is just being forked carries no mark yet, so the lab counts
// as empty only when it has been empty for several looks, and for longer where
// its halab was killed, maybe while it forked.
const (
	looks     = 3
	lookPause = 10 * time.Millisecond
	settle    = 300 * time.Millisecond
)

// Remove kills every process of the lab and returns when none is left.
func (r *Runtime) Remove(ctx context.Context, rec *lab.Record) error {
	killed := r.site.ID != rec.ID && !rec.Stay
	empty, since := 0, time.Now()
	for empty < looks || killed && time.Since(since) < settle {
		found, err := killAll(rec.ID, rec.Dir)
		if err != nil {
			return err
		}
		empty++
		if found {
			empty, since = 0, time.Now()
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("kill the lab's processes: %w", ctx.Err())
		case <-time.After(lookPause):
		}
	}
	if r.site.ID == rec.ID {
		r.ports.Close()
	}
	return nil
}

// killAll kills what there is now of a lab.
func killAll(id, dir string) (found bool, err error) {
	if !lab.ValidID(id) {
		return false, nil
	}
	m, err := newMembers(id, dir)
	if err != nil {
		return false, err
	}
	pids, err := m.list()
	if err != nil {
		return false, err
	}
	for _, pid := range pids {
		// Where the system can hold a process, it is held and looked at once
		// more: the process that was listed may have ended, and another one may
		// have its number.
		p, err := os.FindProcess(pid)
		if err != nil || !m.has(pid) {
			continue
		}
		if err := p.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
			return true, fmt.Errorf("kill process %d: %w", pid, err)
		}
		_ = p.Release()
	}
	return len(pids) > 0, nil
}
