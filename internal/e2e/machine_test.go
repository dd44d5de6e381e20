package e2e

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// machine is what a user has: a home, a state directory and a directory for
// temporary files, all below one directory, in which everything that halab
// leaves is found. The cache of software is the one of this machine.
type machine struct {
	dir string
	env []string
	uid uint32 // 0: whoever runs the tests
}

// nobody is an unprivileged user, as on every Linux.
const nobody = 65534

func newMachine(t testing.TB, env ...string) *machine {
	t.Helper()
	// Not t.TempDir: a unix socket's path has at most 107 bytes.
	dir, err := os.MkdirTemp("", "e2e")
	if err != nil {
		t.Fatal(err)
	}
	m := &machine{dir: dir}
	for _, name := range []string{"home", "tmp"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	m.env = append(os.Environ(), "HOME="+filepath.Join(dir, "home"), "TMPDIR="+m.tmp(),
		"XDG_STATE_HOME="+filepath.Join(dir, "state"), "HALAB_CACHE="+cache(t), "NO_COLOR=1")
	m.env = append(m.env, env...)
	t.Cleanup(func() {
		m.wantEmpty(t)
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return m
}

func (m *machine) tmp() string   { return filepath.Join(m.dir, "tmp") }
func (m *machine) state() string { return filepath.Join(m.dir, "state", "halab") }

// cache is the directory of unpacked software that halab itself would take.
func cache(t testing.TB) string {
	t.Helper()
	if dir := os.Getenv("HALAB_CACHE"); dir != "" {
		return dir
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "halab")
}

// unprivileged makes the machine one of the user nobody, where root runs the
// tests: with a copy of the cache that he may read but not write, and as
// little else as possible.
func (m *machine) unprivileged(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		return // the tests' own user has no rights either
	}
	m.uid = nobody
	copied := filepath.Join(m.dir, "cache")
	if out, err := exec.CommandContext(t.Context(), "cp", "-r", "--preserve=mode,links", cache(t), copied).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	m.env = append(m.env, "HALAB_CACHE="+copied)
	if err := os.Chmod(m.dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"home", "tmp", "state"} {
		path := filepath.Join(m.dir, name)
		if err := os.MkdirAll(path, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Chown(path, nobody, nobody); err != nil {
			t.Fatal(err)
		}
	}
}

// command is halab with these arguments, in a process group of its own, as a
// shell makes one.
func (m *machine) command(t testing.TB, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Dir = filepath.Join(m.dir, "home")
	cmd.Env = m.env
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if m.uid != 0 {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: m.uid, Gid: m.uid}
	}
	return cmd
}

// emptyLimit is when what a kill leaves has come to stay: a keeper gives up
// after a minute. How long it takes within that is this machine's affair, and
// only told.
const emptyLimit = 90 * time.Second

// wantEmpty waits until nothing of halab is left and returns how long it took.
func (m *machine) wantEmpty(t testing.TB) time.Duration {
	t.Helper()
	for begin := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		left := m.left(t)
		took := time.Since(begin)
		if len(left) == 0 {
			return took
		}
		if took > emptyLimit {
			t.Fatalf("left after %s:\n%s", took.Round(time.Millisecond), strings.Join(left, "\n"))
		}
	}
}

// left names what there is of halab: processes, temporary files and sockets,
// records, containers and networks.
func (m *machine) left(t testing.TB) []string {
	t.Helper()
	left := append(m.processes(t), onEngine(t, m.state())...)
	for _, pattern := range []string{filepath.Join(m.tmp(), "*"), filepath.Join(m.state(), "labs", "*")} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		left = append(left, files...)
	}
	return left
}

// processes lists those that name the machine's directory in their command,
// their environment or their working directory. A zombie has none of these.
func (m *machine) processes(t testing.TB) []string {
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
		mark := []byte(m.dir + "/")
		if bytes.Contains(cmdline, mark) || bytes.Contains(environ, mark) || strings.HasPrefix(cwd, m.dir+"/") {
			out = append(out, fmt.Sprintf("process %d: %s", pid, bytes.ReplaceAll(cmdline, []byte{0}, []byte{' '})))
		}
	}
	return out
}
