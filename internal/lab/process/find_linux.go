package process

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Find lists the processes of the lab with this id and directory: those that
// carry its mark in their environment, those in a session that it started,
// and the nginx and HAProxy that run in its directory. Zombies are left out.
func Find(id, dir string) ([]int, error) {
	sessions, err := readLeaders(dir)
	if err != nil {
		return nil, err
	}
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil, err
	}
	born := dirTime(dir)
	var out []int
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil || pid == os.Getpid() {
			continue
		}
		stat, ok := readStat(pid)
		if !ok || stat.zombie {
			continue
		}
		if sessions[stat.session] && stat.start >= born || marked(pid, id) || runs(pid, dir) {
			out = append(out, pid)
		}
	}
	return out, nil
}

type stat struct {
	session int
	start   int64 // ticks since boot
	zombie  bool
}

// readStat reads /proc/PID/stat (proc(5)); the command's name, which may hold
// anything, ends at the last parenthesis.
func readStat(pid int) (stat, bool) {
	data, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	end := bytes.LastIndexByte(data, ')')
	if err != nil || end < 0 {
		return stat{}, false
	}
	fields := strings.Fields(string(data[end+1:])) // from field 3, state
	if len(fields) < 20 {
		return stat{}, false
	}
	session, err := strconv.Atoi(fields[3])
	if err != nil {
		return stat{}, false
	}
	start, err := strconv.ParseInt(fields[19], 10, 64)
	return stat{session: session, start: start, zombie: fields[0] == "Z"}, err == nil
}

func marked(pid int, id string) bool {
	env, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "environ"))
	if err != nil {
		return false
	}
	for _, v := range bytes.Split(env, []byte{0}) {
		if string(v) == mark+id {
			return true
		}
	}
	return false
}

// runs tells a program of the lab by where it runs: nginx overwrites its
// environment before the lab may have written its process id down, but not its
// working directory. A person's shell or editor may be there as well, so only
// the lab's programs count, and the loader that starts them from a tree.
func runs(pid int, dir string) bool {
	proc := filepath.Join("/proc", strconv.Itoa(pid))
	cwd, err := os.Readlink(filepath.Join(proc, "cwd"))
	if err != nil || strings.TrimSuffix(cwd, " (deleted)") != dir {
		return false
	}
	exe, err := os.Readlink(filepath.Join(proc, "exe"))
	name := filepath.Base(exe)
	return err == nil && (strings.HasPrefix(name, "nginx") || strings.HasPrefix(name, "haproxy") || strings.HasPrefix(name, "ld-"))
}
