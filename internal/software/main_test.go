package software

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"go.uber.org/goleak"
)

// childWant makes the test binary a halab that gets one program, says what it
// does on stdout and ends: another process for the tests of the cache.
const childWant = "HALAB_SOFTWARE_TEST_CHILD"

func TestMain(m *testing.M) {
	if s := os.Getenv(childWant); s != "" {
		os.Exit(child(s))
	}
	code := m.Run()
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func child(s string) int {
	want, err := ParseWant(s)
	if err != nil {
		fmt.Println("error:", err)
		return 2
	}
	r := New(Options{Path: []string{}, Progress: func(line string) { fmt.Println(line) }})
	p, err := r.Process(context.Background(), want)
	if err != nil {
		fmt.Println("error:", err)
		return 1
	}
	fmt.Println("got", p.Got, "from", p.Source)
	return 0
}

// childCommand is the test binary as another process with a cache of its own,
// started by the user nobody when uid is not 0.
func childCommand(t *testing.T, want, cache string, uid uint32) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if uid != 0 { // the go command's directory is not open to others
		b, err := os.ReadFile(self)
		if err != nil {
			t.Fatal(err)
		}
		self = filepath.Join(openTempDir(t), "halab")
		if err := os.WriteFile(self, b, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), self)
	cmd.Dir = "/"
	cmd.Env = append(os.Environ(), childWant+"="+want, "HALAB_CACHE="+cache, "HOME="+cache)
	if uid != 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uid, Gid: uid}}
	}
	return cmd
}

// openTempDir is a temporary directory that every user may look into.
func openTempDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "halab-software-test")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := removeTree(dir); err != nil {
			t.Error(err)
		}
	})
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// realProgram gets a program from the ordinary cache or from Debian, so that
// tests that run again download nothing.
func realProgram(t *testing.T, s string) Program {
	t.Helper()
	want := mustWant(t, s)
	p, err := New(Options{Path: []string{}, Progress: func(line string) { t.Log(line) }}).Process(t.Context(), want)
	if err != nil {
		missing(t, err)
	}
	return p
}

// missing skips a test for lack of Debian's mirror or mmdebstrap, in a loud
// voice, and fails it in CI and for every other error.
func missing(t *testing.T, err error) {
	t.Helper()
	_, tool := errors.AsType[*ToolError](err)
	if os.Getenv("CI") == "true" || !tool && !errors.Is(err, errNoMirror) {
		t.Fatal(err)
	}
	fmt.Fprintf(os.Stderr, "SKIPPED %s: %v\n", t.Name(), err)
	t.Skip(err)
}

// realTree is the cache entry of a program.
func realTree(t *testing.T, s string) tree {
	t.Helper()
	p := realProgram(t, s)
	bin := p.Argv[len(p.Argv)-1]
	entry, err := readTree(strings.TrimSuffix(bin, filepath.Join("/", rootDir, "usr", "sbin", p.Name)))
	if err != nil {
		t.Fatal(err)
	}
	return entry
}

func mustWant(t *testing.T, s string) Want {
	t.Helper()
	want, err := ParseWant(s)
	if err != nil {
		t.Fatal(err)
	}
	return want
}

// fakeProgram puts an executable that reports a version into a new directory
// and returns the directory.
func fakeProgram(t *testing.T, name, banner string) string {
	t.Helper()
	dir := t.TempDir()
	script := "#!/bin/sh\n[ \"$1\" = -v ] && echo '" + banner + "' >&2\n"
	if err := os.WriteFile(filepath.Join(dir, name), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}
