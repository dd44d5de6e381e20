package process

import (
	"errors"

	"golang.org/x/sys/unix"
)

// watch closes done when the process has ended, whoever its parent is: a
// pidfd can be read then (pidfd_open(2), Linux 5.3).
func watch(pid int, done chan<- struct{}) error {
	fd, err := unix.PidfdOpen(pid, 0)
	if errors.Is(err, unix.ESRCH) {
		close(done)
		return nil
	}
	if err != nil {
		return err
	}
	go func() {
		defer close(done)
		defer unix.Close(fd)
		for {
			if _, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, -1); !errors.Is(err, unix.EINTR) {
				return
			}
		}
	}()
	return nil
}
