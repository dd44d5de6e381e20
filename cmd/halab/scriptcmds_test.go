package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"halab/internal/haproxy"
	"halab/internal/haproxy/adminsock"
	"halab/internal/software"
)

// cmdRC runs a command and wants this exit code: rc CODE COMMAND...
func cmdRC(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: rc CODE COMMAND...")
	}
	err := ts.Exec(args[1], args[2:]...)
	if got := exitOf(ts, err); strconv.Itoa(got) != args[0] {
		ts.Fatalf("exit code %d, want %s", got, args[0])
	}
}

func exitOf(ts *testscript.TestScript, err error) int {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit):
		return exit.ExitCode()
	}
	ts.Fatalf("%v", err)
	return 0
}

// cmdSed sets a variable to the first group of a pattern in a file or in
// stdout: sed VAR FILE PATTERN
func cmdSed(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: sed VAR FILE PATTERN")
	}
	m := regexp.MustCompile(`(?m)` + args[2]).FindStringSubmatch(ts.ReadFile(args[1]))
	if len(m) != 2 {
		ts.Fatalf("%s does not match %s once", args[2], args[1])
	}
	ts.Setenv(args[0], m[1])
}

// cmdGet writes the page that a client gets who asks for this type to a file:
// get FILE TYPE URL
func cmdGet(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: get FILE TYPE URL")
	}
	req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, args[2], nil)
	ts.Check(err)
	req.Header.Set("Accept", args[1])
	answer, err := http.DefaultClient.Do(req)
	ts.Check(err)
	defer answer.Body.Close()
	page, err := io.ReadAll(answer.Body)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), page, 0o600))
}

// cmdListen takes a port on loopback until the script ends: listen VAR
func cmdListen(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: listen VAR")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	ts.Defer(func() { _ = l.Close() })
	_, port, err := net.SplitHostPort(l.Addr().String())
	ts.Check(err)
	ts.Setenv(args[0], port)
}

// cmdPeer is a stats socket on its bad days: peer VAR silent|closes|half
func cmdPeer(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: peer VAR silent|closes|half")
	}
	path := filepath.Join(ts.Getenv("TMPDIR"), args[1]+".sock")
	l, err := net.Listen("unix", path)
	ts.Check(err)
	ts.Defer(func() { _ = l.Close() })
	ts.Setenv(args[0], path)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				switch args[1] {
				case "silent":
					time.Sleep(time.Minute)
				case "half":
					_, _ = io.Copy(io.Discard, conn)
					_, _ = io.WriteString(conn, "\n# pxname,svname,status,type\nbk_app,nginx1,UP,2\nbk_app,ngi")
				}
			}()
		}
	}()
}

// cmdHAProxy runs a real HAProxy 2.6 on a configuration until the script
// ends; it must have a stats socket at the path VAR: haproxy VAR FILE
func cmdHAProxy(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: haproxy VAR FILE")
	}
	socket := filepath.Join(ts.Getenv("TMPDIR"), args[0]+".sock")
	ts.Setenv(args[0], socket)
	cfg := ts.MkAbs("haproxy-" + args[0] + ".cfg")
	ts.Check(os.WriteFile(cfg, []byte(strings.ReplaceAll(ts.ReadFile(args[1]), "SOCKET", socket)), 0o600))
	argv := append(realHAProxy(ts), "-db", "-f", cfg)
	var out bytes.Buffer
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Stdout, cmd.Stderr = &out, &out
	ts.Check(cmd.Start())
	ts.Defer(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	for range 200 {
		if _, err := adminsock.New("unix", socket).Info(context.Background()); err == nil {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	ts.Fatalf("HAProxy does not answer; it wrote:\n%s", out.String())
}

// cmdRefuse makes a HAProxy 2.7.99 of the real 2.6 that does not know the word
// check any more, as a version may drop one, in bin/haproxy: refuse
func cmdRefuse(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 0 {
		ts.Fatalf("usage: refuse")
	}
	argv := strings.Join(realHAProxy(ts), " ")
	script := `#!/bin/sh
if [ "$1" = -v ]; then echo 'HAProxy version 2.7.99 2026/01/01'; exit; fi
for cfg; do :; done # the last argument
case $cfg in
*haproxy.cfg) sed -i 's/ check/ chekc/' "$cfg" ;;
/dev/stdin) sed 's/ check/ chekc/' | ` + argv + ` "$@"; exit ;;
esac
exec ` + argv + ` "$@"
`
	ts.Check(os.MkdirAll(ts.MkAbs("bin"), 0o755))
	ts.Check(os.WriteFile(ts.MkAbs("bin/haproxy"), []byte(script), 0o755))
}

// realHAProxy is how to start HAProxy 2.6.
func realHAProxy(ts *testscript.TestScript) []string {
	version, err := haproxy.ParseVersion("2.6")
	ts.Check(err)
	p, err := software.New(software.Options{}).Process(context.Background(), software.Want{Name: software.HAProxy, Version: version})
	ts.Check(err)
	return p.Argv
}

// cmdSignal runs a command, sends it a signal once its output matches, and
// wants this exit code, or "killed": signal NAME PATTERN CODE COMMAND...
func cmdSignal(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 4 {
		ts.Fatalf("usage: signal NAME PATTERN CODE COMMAND...")
	}
	signals := map[string]syscall.Signal{"HUP": syscall.SIGHUP, "INT": syscall.SIGINT, "KILL": syscall.SIGKILL, "QUIT": syscall.SIGQUIT, "TERM": syscall.SIGTERM}
	w := &waiter{pattern: regexp.MustCompile(args[1]), matched: make(chan struct{})}
	path := args[3]
	if dir, ok := strings.CutSuffix(path, "halab"); ok && dir == "" {
		path = halabPath(ts)
	}
	cmd := exec.Command(path, args[4:]...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = ts.MkAbs("."), w, w
	for _, name := range []string{"PATH", "TMPDIR", "HOME", "XDG_STATE_HOME", "HALAB_CACHE", "DOCKER_HOST", "GOCOVERDIR"} {
		cmd.Env = append(cmd.Env, name+"="+ts.Getenv(name))
	}
	ts.Check(cmd.Start())
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case <-w.matched:
	case err := <-ended:
		ts.Fatalf("it ended before %s came (%v):\n%s", args[1], err, w.String())
	case <-time.After(time.Minute):
		_ = cmd.Process.Kill()
		ts.Fatalf("%s did not come:\n%s", args[1], w.String())
	}
	ts.Check(cmd.Process.Signal(signals[args[0]]))
	got := exitOf(ts, <-ended)
	ts.Logf("%s", w.String())
	code := strconv.Itoa(got)
	if got < 0 {
		code = "killed"
	}
	if code != args[2] {
		ts.Fatalf("exit code %s, want %s", code, args[2])
	}
	ts.Check(os.WriteFile(ts.MkAbs("signalled"), []byte(w.String()), 0o600))
}

// halabPath is halab in the script's PATH.
func halabPath(ts *testscript.TestScript) string {
	for _, dir := range filepath.SplitList(ts.Getenv("PATH")) {
		if path := filepath.Join(dir, "halab"); exec.Command(path, "version").Run() == nil {
			return path
		}
	}
	ts.Fatalf("halab is not on PATH")
	return ""
}

// waiter keeps what is written and tells when it matches.
type waiter struct {
	pattern *regexp.Regexp
	matched chan struct{}

	mu   sync.Mutex
	buf  bytes.Buffer
	done bool
}

func (w *waiter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.buf.Write(p)
	if !w.done && w.pattern.Match(w.buf.Bytes()) {
		w.done = true
		close(w.matched)
	}
	return len(p), nil
}

func (w *waiter) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.buf.String()
}
