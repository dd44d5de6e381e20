//go:build !linux

package process

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
)

// Find lists the processes of the lab with this directory: those whose
// command line names one of its files, and those in a process group that the
// lab started.
func Find(_, dir string) ([]int, error) {
	groups, err := readLeaders(dir)
	if err != nil {
		return nil, err
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
		server := strings.Contains(line, "nginx") || strings.Contains(line, "haproxy")
		if groups[group] || server && strings.Contains(line, dir+"/") {
			pids = append(pids, pid)
		}
	}
	return pids, nil
}
