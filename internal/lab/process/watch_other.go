//go:build !linux

package process

import (
	"errors"
	"syscall"
	"time"
)

// watchPause is the time between two looks at a process.
const watchPause = 20 * time.Millisecond

// watch closes done when the process has ended, whoever its parent is.
func watch(pid int, done chan<- struct{}) error {
	go func() {
		defer close(done)
		for !errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
			time.Sleep(watchPause)
		}
	}()
	return nil
}
