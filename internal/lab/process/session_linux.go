package process

import (
	"os"
	"strconv"
)

// SessionRuns reports whether a process of this session still runs: what the
// leader has started and left.
func SessionRuns(leader int) bool {
	entries, _ := os.ReadDir("/proc") // without it nothing can be said
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		if s, ok := readStat(pid); ok && s.session == leader && !s.zombie {
			return true
		}
	}
	return false
}
