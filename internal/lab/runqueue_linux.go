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

// threads are the directories of each thread of a process.
func threads(pid int) []string {
	dir := filepath.Join("/proc", strconv.Itoa(pid), "task")
	entries, _ := os.ReadDir(dir) // the process may end at any moment
	var out []string
	for _, e := range entries {
		out = append(out, filepath.Join(dir, e.Name()))
	}
	return out
}

// mainThread is the directory of the first thread of a process.
func mainThread(pid int) []string {
	return []string{filepath.Join("/proc", strconv.Itoa(pid), "task", strconv.Itoa(pid))}
}

// look is how a thread is now: its state (proc_pid_stat(5)), and how long it ran
// and waited on a run queue since it was started (Linux, sched-stats,
// /proc/PID/schedstat).
func look(dir string) (thread, bool) {
	var t thread
	stat, _ := os.ReadFile(filepath.Join(dir, "stat")) // a thread may end at any moment
	if name := bytes.LastIndexByte(stat, ')'); name >= 0 && name+2 < len(stat) {
		t.state = stat[name+2]
	}
	text, _ := os.ReadFile(filepath.Join(dir, "schedstat"))
	fields := strings.Fields(string(text))
	if len(fields) < 3 || t.state == 0 {
		return thread{}, false
	}
	var numbers [3]int64
	for i := range numbers {
		n, err := strconv.ParseInt(fields[i], 10, 64)
		if err != nil {
			return thread{}, false
		}
		numbers[i] = n
	}
	t.ran, t.waited, t.turns = time.Duration(numbers[0]), time.Duration(numbers[1]), numbers[2]
	return t, true
}
