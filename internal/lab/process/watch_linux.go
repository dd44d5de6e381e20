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
		for err := error(unix.EINTR); errors.Is(err, unix.EINTR); {
			_, err = unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, -1)
		}
		_ = unix.Close(fd) // nothing was written to it
	}()
	return nil
}
