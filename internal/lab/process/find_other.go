//go:build !linux

package process

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"

	"halab/internal/lab"
)

// members are the processes of one lab: those whose command line names one of
// the files in the directory that halab made for it, and those in a process
// group that the lab started.
type members struct {
	id, dir string
	groups  map[int]string
}

func newMembers(id, dir string) (members, error) {
	groups, err := readLeaders(id, dir)
	return members{id, dir, groups}, err
}

// birth is not known here.
func birth(int) string { return "" }

// has would need another ps for each.
func (m members) has(int) bool { return true }

func (m members) list() ([]int, error) {
	if lab.CheckDir(m.id, m.dir) != nil {
		return nil, nil
	}
	out, err := exec.Command("ps", "-axo", "pid=,pgid=,state=,command=").Output()
	if err != nil {
		return nil, fmt.Errorf("list processes: %w", err)
	}
	var pids []int
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		if len(fields) < 4 || strings.HasPrefix(fields[2], "Z") {
			continue
		}
		pid, err := strconv.Atoi(fields[0])
		if err != nil || pid == os.Getpid() {
			continue
		}
		group, _ := strconv.Atoi(fields[1])
		_, ours := m.groups[group]
		server := strings.Contains(line, "nginx") || strings.Contains(line, "haproxy")
		if ours || server && strings.Contains(line, m.dir+"/") {
			pids = append(pids, pid)
		}
	}
	return pids, nil
}
