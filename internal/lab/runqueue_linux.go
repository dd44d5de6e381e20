package lab

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// running finds the processes that were started with this argument. Those of
// a container are seen where its engine runs on this machine.
func running(arg string) []int {
	var out []int
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		args, _ := os.ReadFile(filepath.Join("/proc", e.Name(), "cmdline")) // a process may end at any moment
		if bytes.Contains(args, []byte("\x00"+arg+"\x00")) {
			out = append(out, pid)
		}
	}
	return out
}

// runDelays are how long each thread of a process has waited on a run queue
// for a processor since it was started (Linux, sched-stats, /proc/PID/schedstat).
func runDelays(pid int) map[string]time.Duration {
	out := map[string]time.Duration{}
	files, _ := filepath.Glob(filepath.Join("/proc", strconv.Itoa(pid), "task/*/schedstat")) // the pattern is fine
	for _, file := range files {
		text, _ := os.ReadFile(file) // a thread may end at any moment
		fields := strings.Fields(string(text))
		if len(fields) < 2 {
			continue
		}
		if ns, err := strconv.ParseInt(fields[1], 10, 64); err == nil {
			out[file] = time.Duration(ns)
		}
	}
	return out
}
