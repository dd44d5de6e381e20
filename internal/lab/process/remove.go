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

// leaders is the file of the lab's directory that lists the process ids of
// the session leaders that were started: nginx overwrites its environment,
// but its session stays.
const leaders = "leaders"

// Adopt makes the session of this leader the lab's, whose directory is dir:
// what is in it ends with the lab.
func Adopt(dir string, pid int) error {
	f, err := os.OpenFile(filepath.Join(dir, leaders), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return fmt.Errorf("record the process: %w", err)
	}
	_, err = fmt.Fprintln(f, pid)
	return errors.Join(err, f.Close())
}

func readLeaders(dir string) (map[int]bool, error) {
	f, err := os.Open(filepath.Join(dir, leaders))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	out := map[int]bool{}
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		if pid, err := strconv.Atoi(strings.TrimSpace(lines.Text())); err == nil {
			out[pid] = true
		}
	}
	return out, lines.Err()
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
		pids, err := Find(rec.ID, rec.Dir)
		if err != nil {
			return err
		}
		empty++
		if len(pids) > 0 {
			empty, since = 0, time.Now()
		}
		for _, pid := range pids {
			if err := syscall.Kill(pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
				return fmt.Errorf("kill process %d: %w", pid, err)
			}
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
