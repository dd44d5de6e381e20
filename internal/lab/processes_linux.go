package lab

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// children are the processes that a process of this directory has started, in
// order; none where there is no such process here, as with the ids of a
// container.
func children(pid int, dir string) []int {
	proc := filepath.Join("/proc", strconv.Itoa(pid))
	if cwd, err := os.Readlink(filepath.Join(proc, "cwd")); err != nil || cwd != dir {
		return nil
	}
	text, _ := os.ReadFile(filepath.Join(proc, "task", strconv.Itoa(pid), "children")) // it may end at any moment
	var out []int
	for _, word := range strings.Fields(string(text)) {
		if n, err := strconv.Atoi(word); err == nil {
			out = append(out, n)
		}
	}
	slices.Sort(out)
	return out
}
