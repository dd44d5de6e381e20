package labtest

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// emptyLimit is when what a lab leaves has come to stay: a keeper gives up
// after a minute. How long it takes within that is this machine's affair, and
// only told.
const emptyLimit = 90 * time.Second

// wantEmpty waits until nothing of any lab of the case is left, and returns
// how long that took.
func (b *bench) wantEmpty(t *testing.T) time.Duration {
	t.Helper()
	begin := time.Now()
	for {
		left := b.left(t)
		took := time.Since(begin)
		if len(left) == 0 {
			return took
		}
		if took > emptyLimit {
			t.Fatalf("left after %s:\n%s", took.Round(time.Millisecond), strings.Join(left, "\n"))
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// left names everything of the case's labs that is still there.
func (b *bench) left(t *testing.T) []string {
	t.Helper()
	left := append(processes(t, b.tmp), b.Left(t, b.state)...)
	for _, pattern := range []string{"halab-*", "state/labs/*"} {
		files, err := filepath.Glob(filepath.Join(b.tmp, pattern))
		if err != nil {
			t.Fatal(err)
		}
		left = append(left, files...)
	}
	return left
}

// processes lists the processes but this one that name tmp in their command,
// their environment or their working directory. A zombie, whose parent has
// to fetch it, has none of these.
func processes(t *testing.T, tmp string) []string {
	t.Helper()
	entries, err := os.ReadDir("/proc")
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil || pid == os.Getpid() {
			continue
		}
		dir := filepath.Join("/proc", e.Name())
		cmdline, _ := os.ReadFile(filepath.Join(dir, "cmdline")) // a process may end at any moment
		environ, _ := os.ReadFile(filepath.Join(dir, "environ"))
		cwd, _ := os.Readlink(filepath.Join(dir, "cwd"))
		if bytes.Contains(cmdline, []byte(tmp+"/")) || names(environ, tmp) || cwd == tmp || strings.HasPrefix(cwd, tmp+"/") {
			out = append(out, fmt.Sprintf("process %d: %s (in %s)", pid, bytes.ReplaceAll(cmdline, []byte{0}, []byte{' '}), cwd))
		}
	}
	return out
}

// names tells whether an environment has a variable that ends with tmp or has
// a path in it; /tmp/lt12 is not in /tmp/lt1.
func names(environ []byte, tmp string) bool {
	return bytes.Contains(environ, []byte(tmp+"/")) || bytes.Contains(environ, []byte(tmp+"\x00"))
}
