package process

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"halab/internal/lab"
)

// members are the processes of one lab. One belongs to it by halab's own mark,
// which every program of the lab is started with and hands on: in its
// environment, or as what it has open as descriptor 3 (nginx overwrites its
// environment). What has neither belongs to it by a session that the lab began.
// Where a process stands, and what it is called, says nothing.
type members struct {
	id       string
	sessions map[int]int64 // when each leader was started, by process id
}

func newMembers(id, dir string) (members, error) {
	recorded, err := readLeaders(id, dir)
	if err != nil {
		return members{}, err
	}
	m := members{id: id, sessions: map[int]int64{}}
	for pid, born := range recorded {
		var start int64
		var boot string
		if _, err := fmt.Sscan(born, &start, &boot); err == nil && boot == bootID() {
			m.sessions[pid] = start
		}
	}
	return m, nil
}

func (m members) list() ([]int, error) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil, err
	}
	var out []int
	for _, e := range entries {
		if pid, err := strconv.Atoi(e.Name()); err == nil && m.has(pid) {
			out = append(out, pid)
		}
	}
	return out, nil
}

// has reports whether a process is the lab's. A zombie is none, nor is halab.
func (m members) has(pid int) bool {
	s, ok := readStat(pid)
	if !ok || s.zombie || pid == os.Getpid() {
		return false
	}
	return m.began(pid, s) || marked(pid, m.id) || holds(pid, m.id)
}

// began reports whether a process is in a session that the lab began. The
// number of a session is not given to another process while one of the session
// runs, but it is when all have ended: then its leader was started at another
// time, or before the lab's.
func (m members) began(pid int, s stat) bool {
	start, ok := m.sessions[s.session]
	if !ok || s.start < start {
		return false
	}
	if pid == s.session {
		return s.start == start
	}
	leader, ok := readStat(s.session)
	return !ok || leader.start == start
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

// holds reports whether a process has the lab's mark open as descriptor 3. It
// has to be a file of the user that halab runs as: everyone can make one of
// that name.
func holds(pid int, id string) bool {
	fd := filepath.Join("/proc", strconv.Itoa(pid), "fd", "3")
	path, err := os.Readlink(fd)
	if err != nil || strings.TrimSuffix(filepath.Base(path), " (deleted)") != lab.MarkName(id) {
		return false
	}
	info, err := os.Stat(fd)
	return err == nil && info.Mode().IsRegular() && lab.Mine(info)
}
