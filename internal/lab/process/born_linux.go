package process

import (
	"fmt"
	"os"
	"strings"
)

// birth is when a process was started, in ticks since the machine was, and the
// id of that start (proc(5), random(4)): with its number, that is a process
// and no other one. It is "" where the process has ended.
func birth(pid int) string {
	s, ok := readStat(pid)
	if !ok {
		return ""
	}
	return fmt.Sprint(s.start, " ", bootID())
}

// bootID is another one each time the machine starts.
func bootID() string {
	data, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return "unknown"
	}
	return strings.TrimSpace(string(data))
}
