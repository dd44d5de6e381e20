package lab

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// running finds the programs of the lab in this directory. Those of a container
// are seen where its engine runs on this machine.
func running(dir string) programs {
	var out programs
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return out
	}
	config := []byte("\x00" + filepath.Join(dir, configFile) + "\x00")
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		proc := filepath.Join("/proc", e.Name())
		args, _ := os.ReadFile(filepath.Join(proc, "cmdline")) // a process may end at any moment
		switch {
		case bytes.Contains(args, config):
			out.haproxy = append(out.haproxy, pid)
		// So nginx names them, over the arguments that it was given.
		case bytes.Contains(args, []byte("nginx: worker process")):
			if cwd, _ := os.Readlink(filepath.Join(proc, "cwd")); cwd == dir {
				out.workers = append(out.workers, pid)
			}
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
