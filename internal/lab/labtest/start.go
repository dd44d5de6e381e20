package labtest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"sync"
	"testing"
	"time"

	"halab/internal/haproxy"
	"halab/internal/haproxy/adminsock"
	"halab/internal/lab"
)

// patience bounds a wait for something that has to come: far above what it
// takes anywhere, so that it ends a test that would hang and decides nothing
// else.
const patience = 30 * time.Second

// soon is a context that ends when patience does.
func soon(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

// options are those of every lab of the suite.
func (b *bench) options(t *testing.T) lab.Options {
	t.Helper()
	return lab.Options{StateDir: b.state, Keeper: keeper(t), Ready: patience}
}

// keeper is the command of a keeper: this test's own binary.
func keeper(t testing.TB) []string {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return []string{exe, keepWord}
}

// start brings the lab of the scenario up, to be closed when the test ends.
func (b *bench) start(t *testing.T, change func(*lab.Options), replace ...string) *lab.Lab {
	t.Helper()
	o := b.options(t)
	if change != nil {
		change(&o)
	}
	l, err := lab.Start(t.Context(), parse(t, replace...), b.New(), b.Programs, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

// get sends one GET on a new connection and returns the answer, its body
// closed.
func get(address, id string) (*http.Response, error) {
	conn, err := net.DialTimeout("tcp", address, patience)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return nil, err
	}
	if _, err := fmt.Fprintf(conn, "GET / HTTP/1.1\r\nHost: halab\r\nX-Halab-Id: %s\r\nConnection: close\r\n\r\n", id); err != nil {
		return nil, err
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return nil, err
	}
	return resp, resp.Body.Close()
}

// wantAnswer checks that the frontend answers as this server.
func wantAnswer(t *testing.T, l *lab.Lab, ref haproxy.ServerRef, header string) {
	t.Helper()
	resp, err := get(l.Frontends["app"], "answer")
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != http.StatusOK || resp.Header.Get("Server") != header || resp.Header.Get("X-Halab-Server") != ref.String() {
		t.Fatalf("GET: %s, Server %q, X-Halab-Server %q; want 200, %q, %q",
			resp.Status, resp.Header.Get("Server"), resp.Header.Get("X-Halab-Server"), header, ref)
	}
}

// waitFor waits until ok returns true.
func waitFor(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for begin := time.Now(); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Since(begin) > patience {
			t.Fatalf("after %s still not: %s", patience, what)
		}
	}
}

// status is what show stat says of a server.
func status(t *testing.T, c *adminsock.Client, ref haproxy.ServerRef) haproxy.Status {
	t.Helper()
	stats, err := c.Stat(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	s, ok := haproxy.Find(stats, ref)
	if !ok {
		t.Fatalf("%s is not in show stat", ref)
	}
	return s.Status
}

// watched is a runtime that keeps the instances it starts, and lets a test
// meddle with a program before it starts.
type watched struct {
	lab.Runtime
	before func(lab.Spec) error

	mu        sync.Mutex
	site      lab.Site
	instances map[string]lab.Instance
}

func (b *bench) watched(before func(lab.Spec) error) *watched {
	return &watched{Runtime: b.New(), before: before, instances: map[string]lab.Instance{}}
}

func (w *watched) Prepare(ctx context.Context, site lab.Site) (lab.Layout, error) {
	w.site = site
	return w.Runtime.Prepare(ctx, site)
}

func (w *watched) Start(ctx context.Context, spec lab.Spec) (lab.Instance, error) {
	if w.before != nil {
		if err := w.before(spec); err != nil {
			return nil, err
		}
	}
	i, err := w.Runtime.Start(ctx, spec)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.instances[spec.Role] = i
	return i, err
}

// fails starts the lab and returns the error that it must end in.
func fails[E error](t *testing.T, b *bench, rt lab.Runtime, change func(*lab.Options)) E {
	t.Helper()
	o := b.options(t)
	if change != nil {
		change(&o)
	}
	l, err := lab.Start(t.Context(), parse(t), rt, b.Programs, o)
	if err == nil {
		t.Error(l.Close())
		t.Fatal("the lab came up")
	}
	want, ok := errors.AsType[E](err)
	if !ok {
		t.Fatalf("error %T, want %T: %v", err, want, err)
	}
	return want
}
