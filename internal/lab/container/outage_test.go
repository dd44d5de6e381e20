package container_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	containertypes "github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"halab/internal/lab"
	"halab/internal/lab/container"
	"halab/internal/lab/labtest"
)

func TestEngineDies(t *testing.T) {
	p := newProxy(t)
	labtest.Outage{
		Subject: labtest.Subject{
			New: func() lab.Runtime { return container.New() }, Programs: images(t), Left: onEngine,
		},
		Env:   []string{"DOCKER_HOST=unix://" + p.path},
		Begin: p.cut,
		End:   func() { p.serve(t) },
		Says: func(stderr string) bool {
			return strings.Contains(stderr, "container engine at unix://"+p.path)
		},
	}.Run(t)
}

// TestRemoveEngineGone has the engine gone when a lab is to be removed by its
// record alone.
func TestRemoveEngineGone(t *testing.T) {
	needEngine(t)
	p := newProxy(t)
	t.Setenv("DOCKER_HOST", "unix://"+p.path)
	rec := &lab.Record{ID: "none", Stay: true}
	if err := container.New().Remove(t.Context(), rec); err != nil {
		t.Fatal(err)
	}
	p.cut()
	_, ok := errors.AsType[*container.EngineError](container.New().Remove(t.Context(), rec))
	if !ok {
		t.Errorf("remove without an engine: want an EngineError")
	}
}

// TestRemoveEngineSlow has halab killed while a network is made that the engine
// needs long for.
func TestRemoveEngineSlow(t *testing.T) {
	p := newProxy(t)
	t.Setenv("DOCKER_HOST", "unix://"+p.path)
	p.networkTakes = 2 * time.Second
	state := t.TempDir()
	rec := lab.Orphan(state, "0123456789ab", "container")
	made := make(chan error, 1)
	go func() {
		_, err := engine(t).NetworkCreate(context.Background(), "halab-"+rec.ID, client.NetworkCreateOptions{
			Labels: map[string]string{"halab.lab": rec.ID, "halab.state": state}})
		made <- err
	}()
	<-p.asked
	if err := container.New().Remove(t.Context(), rec); err != nil {
		t.Error(err)
	}
	if err := <-made; err != nil {
		t.Fatal(err)
	}
	left := onEngine(t, state)
	if len(left) > 0 {
		t.Errorf("left: %v", left)
	}
	if err := container.New().Remove(context.Background(), rec); err != nil {
		t.Error(err)
	}
}

// TestRemoveKept: an engine does not remove a network that something is
// connected to. All else of the lab goes, and the network once it can.
func TestRemoveKept(t *testing.T) {
	needEngine(t)
	state := t.TempDir()
	rec := lab.Orphan(state, "0123456789ac", "container")
	name := "halab-" + rec.ID
	if _, err := engine(t).NetworkCreate(t.Context(), name, client.NetworkCreateOptions{
		Labels: map[string]string{"halab.lab": rec.ID, "halab.state": state}}); err != nil {
		t.Fatal(err)
	}
	image := images(t)[lab.HAProxyRole].Image
	stranger, err := engine(t).ContainerCreate(t.Context(), client.ContainerCreateOptions{
		Config:     &containertypes.Config{Image: image, Entrypoint: []string{"/usr/sbin/haproxy", "-f", "/dev/stdin"}, OpenStdin: true},
		HostConfig: &containertypes.HostConfig{NetworkMode: containertypes.NetworkMode(name)}})
	if err != nil {
		t.Fatal(err)
	}
	remove := func() {
		_, _ = engine(t).ContainerRemove(context.Background(), stranger.ID, client.ContainerRemoveOptions{Force: true})
	}
	t.Cleanup(remove)
	if _, err := engine(t).ContainerStart(t.Context(), stranger.ID, client.ContainerStartOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := container.New().Remove(t.Context(), rec); !errors.Is(err, lab.ErrKept) || !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), "halab gc") {
		t.Errorf("%v, want %v", err, lab.ErrKept)
	}
	remove()
	if err := container.New().Remove(t.Context(), rec); err != nil {
		t.Error(err)
	}
	if left := onEngine(t, state); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

// proxy stands between halab and the engine and can be cut, for the engine
// itself is not the tests' to kill.
type proxy struct {
	path, engine string
	networkTakes time.Duration // to make one; they are made one after the other
	asked        chan struct{} // for a network; holds a few

	making sync.Mutex

	mu    sync.Mutex
	l     net.Listener
	conns []net.Conn
}

func newProxy(t *testing.T) *proxy {
	t.Helper()
	needEngine(t)
	dir, err := os.MkdirTemp("", "pr")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{asked: make(chan struct{}, 10), path: filepath.Join(dir, "docker.sock"), engine: strings.TrimPrefix(container.Host(), "unix://")}
	p.serve(t)
	t.Cleanup(func() {
		p.cut()
		_ = os.RemoveAll(dir)
	})
	return p
}

// serve accepts until the proxy is cut.
func (p *proxy) serve(t *testing.T) {
	t.Helper()
	l, err := net.Listen("unix", p.path)
	if err != nil {
		t.Fatal(err)
	}
	p.mu.Lock()
	p.l = l
	p.mu.Unlock()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go p.join(c)
		}
	}()
}

func (p *proxy) join(c net.Conn) {
	e, err := net.Dial("unix", p.engine)
	if err != nil {
		_ = c.Close()
		return
	}
	p.mu.Lock()
	p.conns = append(p.conns, c, e)
	p.mu.Unlock()
	go func() {
		_, _ = io.Copy(toEngine{e, p}, c)
		_ = e.(*net.UnixConn).CloseWrite()
	}()
	_, _ = io.Copy(c, e)
	_ = c.Close()
}

// toEngine writes to the engine, and takes its time where that is for a network.
type toEngine struct {
	io.Writer
	p *proxy
}

func (e toEngine) Write(b []byte) (int, error) {
	if e.p.networkTakes > 0 && bytes.Contains(b, []byte("/networks/create")) {
		e.p.asked <- struct{}{}
		e.p.making.Lock()
		defer e.p.making.Unlock()
		time.Sleep(e.p.networkTakes)
	}
	return e.Writer.Write(b)
}

// cut ends every connection and takes no more.
func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.l != nil {
		_ = p.l.Close()
	}
	for _, c := range p.conns {
		_ = c.Close()
	}
	p.l, p.conns = nil, nil
	_ = syscall.Unlink(p.path)
}
