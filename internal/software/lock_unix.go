//go:build unix

package software

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"
)

// lockPoll is how often a lock that another process holds is tried again.
const lockPoll = 100 * time.Millisecond

// fileLock is an advisory lock of one cache entry among processes. The kernel
// drops it with the process, however that ends.
type fileLock struct{ f *os.File }

// lockFile takes the lock, waiting for whoever holds it until ctx ends. It
// calls waiting once if it has to wait.
func lockFile(ctx context.Context, path string, waiting func()) (*fileLock, error) {
	l, err := tryLockFile(path)
	if err != nil || l != nil {
		return l, err
	}
	waiting()
	tick := time.NewTicker(lockPoll)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("wait for the lock %s: %w", path, ctx.Err())
		case <-tick.C:
		}
		if l, err := tryLockFile(path); err != nil || l != nil {
			return l, err
		}
	}
}

// tryLockFile takes the lock, or returns nil when somebody else has it.
func tryLockFile(path string) (*fileLock, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, fmt.Errorf("open the lock: %w", err)
	}
	for {
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		switch {
		case err == nil:
			return &fileLock{f}, nil
		case errors.Is(err, syscall.EINTR):
			continue
		case errors.Is(err, syscall.EWOULDBLOCK):
			return nil, f.Close()
		}
		return nil, errors.Join(fmt.Errorf("lock %s: %w", path, err), f.Close())
	}
}

// unlock releases the lock. The file stays: removing it would let two
// processes lock two files of the same name.
func (l *fileLock) unlock() error { return l.f.Close() }
