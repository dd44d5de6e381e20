package probe

import (
	"syscall"
	"time"
)

// sharpen lets the kernel wake the calling thread to the microsecond, not up
// to 50 µs late (prctl(2), PR_SET_TIMERSLACK, in nanoseconds). A kernel that
// refuses leaves it as it was.
func sharpen() { _, _, _ = syscall.RawSyscall(syscall.SYS_PRCTL, syscall.PR_SET_TIMERSLACK, 1, 0) }

// nanosleep sleeps in the kernel.
func nanosleep(d time.Duration) {
	ts := syscall.NsecToTimespec(d.Nanoseconds())
	_ = syscall.Nanosleep(&ts, nil) // cut short by a signal, it is called again
}
