package main

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// leastMemory is how much address space halab has to have, in bytes: Go's
// runtime sets half a gigabyte aside before anything runs, and every thread of
// the C library its share. With less, what runs out ends halab in the middle of
// something, and no Go program can catch that.
const leastMemory = 2 << 30

// enoughMemory refuses a limit of address space (ulimit -v) that is too low.
func enoughMemory() error {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_AS, &limit); err != nil || limit.Cur >= leastMemory {
		return nil
	}
	return fmt.Errorf("the limit of address space (ulimit -v) is %d MiB, and halab needs %d: raise it, or set a limit of memory by a cgroup", limit.Cur>>20, leastMemory>>20)
}
