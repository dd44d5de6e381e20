package container

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/moby/moby/client"
)

// defaultHost is where an engine listens unless DOCKER_HOST says otherwise.
const defaultHost = "unix:///var/run/docker.sock"

// pingTimeout bounds the wait for an engine's answer.
const pingTimeout = 3 * time.Second

// EngineError says that there is no container engine that can run a lab.
type EngineError struct {
	Host    string // as in DOCKER_HOST
	Problem string // what is wrong, in a few words
	Mend    string // what helps; empty where nothing is known
	Command string // the one command that does it, where there is one
	Err     error
}

func (e *EngineError) Error() string {
	text := fmt.Sprintf("container engine at %s: %s", e.Host, e.Problem)
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	if e.Mend != "" {
		text += " (" + e.Mend + ")"
	}
	return text
}

func (e *EngineError) Unwrap() error { return e.Err }

// Host is the address of the engine: DOCKER_HOST, else the first socket that
// is there of the system's and the user's own (rootless).
func Host() string {
	if host := os.Getenv("DOCKER_HOST"); host != "" {
		return host
	}
	sockets := []string{strings.TrimPrefix(defaultHost, "unix://")}
	if dir := os.Getenv("XDG_RUNTIME_DIR"); dir != "" {
		sockets = append(sockets, filepath.Join(dir, "docker.sock"))
	}
	if home, err := os.UserHomeDir(); err == nil {
		sockets = append(sockets, filepath.Join(home, ".docker", "run", "docker.sock"))
	}
	for _, path := range sockets {
		if _, err := os.Stat(path); err == nil {
			return "unix://" + path
		}
	}
	return defaultHost
}

// Ping says in at most a few seconds whether there is an engine that can run
// a lab. Its error is an *EngineError.
func (r *Runtime) Ping(ctx context.Context) error {
	_, err := r.Version(ctx)
	return err
}

// Version is Ping, and says what engine it is.
func (r *Runtime) Version(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, pingTimeout)
	defer cancel()
	host := Host()
	if err := checkHost(ctx, host); err != nil {
		return "", err
	}
	cli, err := r.client()
	if err != nil {
		return "", err
	}
	version, err := cli.ServerVersion(ctx, client.ServerVersionOptions{})
	if err != nil {
		return "", &EngineError{Host: host, Problem: "it listens but does not answer", Command: restartEngine, Err: err}
	}
	for _, c := range version.Components {
		theirs := c.Details["KernelVersion"]
		if ours := kernel(); theirs != "" && ours != "" && theirs != ours {
			return "", &EngineError{Host: host, Mend: "--runtime process works here",
				Problem: "it runs on another machine or in a virtual one, and a lab's containers share a directory with halab"}
		}
	}
	return strings.TrimSpace(version.Platform.Name + " " + version.Version), nil
}

// checkHost connects to the engine's socket, to tell apart why one cannot.
func checkHost(ctx context.Context, host string) error {
	u, err := url.Parse(host)
	if err != nil || u.Scheme == "" {
		return &EngineError{Host: host, Problem: "not an address", Mend: "DOCKER_HOST is like " + defaultHost, Command: unsetHost}
	}
	if u.Scheme != "unix" || runtime.GOOS != "linux" {
		return &EngineError{Host: host, Mend: "--runtime process works without an engine", Command: unsetHost,
			Problem: "only an engine on this machine can be used, on Linux and over a unix socket, because a lab's containers share a directory with halab"}
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, "unix", u.Path)
	if err == nil {
		return conn.Close()
	}
	e := &EngineError{Host: host, Err: reason(err)}
	switch {
	case errors.Is(err, fs.ErrPermission):
		e.Problem, e.Mend, e.Command = "no permission for its socket", joinGroup+", and log in again", joinGroup
	case errors.Is(err, fs.ErrNotExist) && os.Getenv("DOCKER_HOST") != "":
		e.Problem, e.Mend = "DOCKER_HOST points nowhere", unsetHost+", or start the engine"
		e.Command = unsetHost
	case errors.Is(err, fs.ErrNotExist):
		e.Problem, e.Mend = "there is none", "install Docker, or use --runtime process"
	default:
		e.Problem, e.Mend, e.Command = "it does not answer", "is it running?", startEngine
	}
	return e
}

// The commands that mend what keeps an engine from being used.
const (
	joinGroup     = `sudo usermod -aG docker "$USER"`
	restartEngine = "sudo systemctl restart docker"
	startEngine   = "sudo systemctl start docker"
	unsetHost     = "unset DOCKER_HOST"
)

// reason is the innermost error, without the address that EngineError shows.
func reason(err error) error {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
}

// client is the client of the engine's API. Making it does not connect.
func (r *Runtime) client() (*client.Client, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.cli != nil {
		return r.cli, nil
	}
	host := Host()
	cli, err := client.New(client.WithHost(host), client.WithAPIVersionFromEnv())
	if err != nil {
		return nil, &EngineError{Host: host, Problem: "it cannot be used", Err: err}
	}
	r.cli = cli
	return cli, nil
}

// explain makes an *EngineError of an error of the client that says no more
// than that the engine is not there.
func explain(err error) error {
	if client.IsErrConnectionFailed(err) {
		// The error itself says as much, and the address, in other words.
		return &EngineError{Host: Host(), Problem: "it does not answer", Mend: "is it running?"}
	}
	return err
}
