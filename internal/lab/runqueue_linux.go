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

// threads are the files that tell of each thread of a process.
func threads(pid int) []string {
	dir := filepath.Join("/proc", strconv.Itoa(pid), "task")
	entries, _ := os.ReadDir(dir) // the process may end at any moment
	var out []string
	for _, e := range entries {
		out = append(out, filepath.Join(dir, e.Name(), "schedstat"))
	}
	return out
}

// mainThread is the file that tells of the first thread of a process.
func mainThread(pid int) []string {
	return []string{filepath.Join("/proc", strconv.Itoa(pid), "schedstat")}
}

// runDelay is how long a thread has waited on a run queue for a processor since
// it was started (Linux, sched-stats, /proc/PID/schedstat).
func runDelay(file string) (time.Duration, bool) {
	text, _ := os.ReadFile(file) // a thread may end at any moment
	fields := strings.Fields(string(text))
	if len(fields) < 2 {
		return 0, false
	}
	ns, err := strconv.ParseInt(fields[1], 10, 64)
	return time.Duration(ns), err == nil
}
