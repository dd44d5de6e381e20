package process

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// SessionRuns reports whether a process of this session still runs: a job that
// the leader has started and left. HAProxy and nginx are none: a command that
// reloads or starts one leaves it.
func SessionRuns(leader int) bool {
	entries, _ := os.ReadDir("/proc") // without it nothing can be said
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		if s, ok := readStat(pid); ok && s.session == leader && !s.zombie && !isProgram(pid) {
			return true
		}
	}
	return false
}

// isProgram reports whether a process is a HAProxy or an nginx, or the loader by
// which one from another system's tree runs.
func isProgram(pid int) bool {
	exe, err := os.Readlink(filepath.Join("/proc", strconv.Itoa(pid), "exe"))
	name := filepath.Base(exe)
	return err == nil && (strings.HasPrefix(name, "nginx") || strings.HasPrefix(name, "haproxy") || strings.HasPrefix(name, "ld-"))
}
