package haproxytest

import (
	"bytes"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// startTimeout bounds the wait for a HAProxy to answer on its stats socket.
const startTimeout = 20 * time.Second

// Process is a running HAProxy. It ends with its test.
type Process struct {
	Pid int
	// Dir is its working directory: relative paths in its configuration, and
	// those of its unix sockets, are below it.
	Dir string
}

// Dir makes a temporary directory whose path is short enough for unix sockets.
func Dir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "hap")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// Check runs haproxy -c on a configuration and returns what it said.
func (h HAProxy) Check(t *testing.T, config string) (string, error) {
	t.Helper()
	file := filepath.Join(Dir(t), "haproxy.cfg")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	argv := append(h.Argv[1:len(h.Argv):len(h.Argv)], "-c", "-f", file)
	out, err := exec.Command(h.Argv[0], argv...).CombinedOutput()
	return string(out), err
}

// Start starts HAProxy on a configuration, in a directory of its own, in which
// "DIR" stands for that directory. It must have a "stats socket DIR/admin.sock".
// The listeners are handed over: "bind fd@3" is the first, fd@4 the next.
func (h HAProxy) Start(t *testing.T, config string, listeners ...net.Listener) *Process {
	t.Helper()
	dir := Dir(t)
	file := filepath.Join(dir, "haproxy.cfg")
	if err := os.WriteFile(file, []byte(strings.ReplaceAll(config, "DIR", dir)), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(h.Argv[0], append(h.Argv[1:len(h.Argv):len(h.Argv)], "-db", "-f", file)...)
	var output bytes.Buffer
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &output, &output
	// Whatever ends the test's process ends HAProxy too.
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	for _, l := range listeners {
		f, err := l.(*net.TCPListener).File()
		if err != nil {
			t.Fatal(err)
		}
		cmd.ExtraFiles = append(cmd.ExtraFiles, f)
	}
	done := run(t, cmd)
	for _, f := range cmd.ExtraFiles {
		_ = f.Close()
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-done
		if t.Failed() {
			t.Logf("%s: haproxy said:\n%s", h.Name, output.String())
		}
	})
	wait(t, filepath.Join(dir, "admin.sock"), done)
	return &Process{Pid: cmd.Process.Pid, Dir: dir}
}

// run starts cmd on a thread that lives as long as it, because the kernel
// counts the thread that started a process as its parent.
func run(t *testing.T, cmd *exec.Cmd) <-chan struct{} {
	t.Helper()
	started, done := make(chan error), make(chan struct{})
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		defer close(done)
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait()
		}
	}()
	if err := <-started; err != nil {
		t.Fatal(err)
	}
	return done
}

// wait returns when the stats socket takes a connection.
func wait(t *testing.T, socket string, done <-chan struct{}) {
	t.Helper()
	deadline := time.Now().Add(startTimeout)
	for {
		conn, err := net.Dial("unix", socket)
		if err == nil {
			_ = conn.Close()
			return
		}
		if !errors.Is(err, os.ErrNotExist) && !errors.Is(err, syscall.ECONNREFUSED) {
			t.Fatal(err)
		}
		select {
		case <-done:
			t.Fatal("haproxy ended at its start")
		case <-time.After(5 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			t.Fatalf("haproxy has no stats socket after %v", startTimeout)
		}
	}
}
