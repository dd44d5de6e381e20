package lab

import (
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"halab/internal/haproxy"
)

// Process is the nginx of a server as it is now.
type Process struct {
	// Pid is the id of its main process as nginx wrote it down; 0 means that
	// none runs.
	Pid int
	// Workers are the ids of its workers, in order, where this machine shows
	// them.
	Workers []int
	// Born is when nginx wrote its id down: in a container an id comes again.
	Born time.Time
}

// Same reports whether p is the process that was q, and has no worker that q
// had not, as far as both are known. One that has ended is no change: the
// workers of before a reload leave when they have finished.
func (p Process) Same(q Process) bool {
	if p.Pid != q.Pid || !p.Born.Equal(q.Born) {
		return false
	}
	born := func(pid int) bool { return !slices.Contains(q.Workers, pid) }
	return len(q.Workers) == 0 || !slices.ContainsFunc(p.Workers, born)
}

// Processes looks at the nginx of every server, whoever started it: one that a
// command of the user's started with the server's configuration writes the same
// pid file. With workers it looks for those as well, which costs more.
func (l *Lab) Processes(workers bool) map[haproxy.ServerRef]Process {
	out := map[haproxy.ServerRef]Process{}
	for ref := range l.servers() {
		p := l.process(ref)
		if workers && p.Pid > 0 {
			p.Workers = children(p.Pid, l.Dir)
		}
		out[ref] = p
	}
	return out
}

// process is the one that the pid file tells of, unless it is the one that the
// lab itself has seen end: a killed nginx leaves its file.
func (l *Lab) process(ref haproxy.ServerRef) Process {
	path := l.pidFile(ref)
	info, err := os.Stat(path)
	if err != nil {
		return Process{}
	}
	data, _ := os.ReadFile(path) // it may be removed at any moment
	pid, err := strconv.Atoi(strings.TrimSpace(string(data)))
	if err != nil {
		return Process{} // not written yet
	}
	p := Process{Pid: pid, Born: info.ModTime()}
	i, err := l.instance(ref.String())
	if err != nil {
		return Process{}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if !done(i) {
		l.alive[ref] = p
		return p
	}
	if last := l.alive[ref]; last.Pid == p.Pid && last.Born.Equal(p.Born) {
		return Process{}
	}
	return p
}
