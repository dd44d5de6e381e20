package container_test

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	containertypes "github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"
	"go.uber.org/goleak"

	"halab/internal/lab"
	"halab/internal/lab/container"
	"halab/internal/lab/labtest"
	"halab/internal/software"
)

// start brings a lab of the suite's scenario up.
func start(t *testing.T, programs lab.Programs, state string) *lab.Lab {
	t.Helper()
	l, err := lab.Start(t.Context(), labtest.Scenario(t), container.New(), programs, lab.Options{StateDir: state})
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

// TestPublished looks at what a lab opens to the host: the frontend, on loopback
// alone, whatever the images expose.
func TestPublished(t *testing.T) {
	l := start(t, exposing(t, images(t)), t.TempDir())
	list, err := engine(t).ContainerList(t.Context(), client.ContainerListOptions{
		Filters: make(client.Filters).Add("label", "halab.lab="+l.ID)})
	if err != nil {
		t.Fatal(err)
	}
	if len(list.Items) != 3 {
		t.Errorf("%d containers, want 3", len(list.Items))
	}
	want := []string{l.Frontends["app"]}
	for _, c := range list.Items {
		published := 0
		for _, p := range c.Ports {
			if p.PublicPort == 0 {
				continue
			}
			published++
			if !p.IP.IsLoopback() {
				t.Errorf("%s publishes port %d on %s", c.Names[0], p.PublicPort, p.IP)
			}
		}
		if proxy := c.Labels["halab.role"] == lab.HAProxyRole; proxy && published != len(want) || !proxy && published != 0 {
			t.Errorf("%s publishes %v", c.Names[0], c.Ports)
		}
	}
}

// exposing makes the images that expose a port, as the official ones do.
func exposing(t *testing.T, programs lab.Programs) lab.Programs {
	t.Helper()
	out := lab.Programs{}
	for role, p := range programs {
		tag := fmt.Sprintf("halab/test:exposing-%d", len(out))
		if err := container.New().Build(t.Context(), tag, buildContext(t, "FROM "+p.Image+"\nEXPOSE 80 7777\n"), nil); err != nil {
			t.Fatal(err)
		}
		removeImage(t, tag)
		p.Image = tag
		out[role] = p
	}
	return out
}

// removeImage removes the image when the test ends.
func removeImage(t *testing.T, tag string) {
	t.Helper()
	t.Cleanup(func() {
		if _, err := engine(t).ImageRemove(context.Background(), tag, client.ImageRemoveOptions{Force: true, PruneChildren: true}); err != nil {
			t.Error(err)
		}
	})
}

func TestOrphans(t *testing.T) {
	state := t.TempDir()
	l := start(t, images(t), state)
	wantOrphans(t, state)
	wantOrphans(t, t.TempDir()) // another state directory knows nothing of it

	// A record that is lost: as after its file system was full.
	lost := &lab.Record{ID: l.ID, Stay: true}
	if err := os.RemoveAll(filepath.Join(state, "labs")); err != nil {
		t.Fatal(err)
	}
	wantOrphans(t, state, l.ID)
	for range 2 {
		if err := container.New().Remove(t.Context(), lost); err != nil {
			t.Fatal(err)
		}
	}
	wantOrphans(t, state)
}

func wantOrphans(t *testing.T, state string, ids ...string) {
	t.Helper()
	orphans, err := container.New().Orphans(t.Context(), state)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, o := range orphans {
		got = append(got, o.ID)
	}
	if !slices.Equal(got, ids) {
		t.Errorf("orphans %v, want %v", got, ids)
	}
}

func TestRun(t *testing.T) {
	image := images(t)[lab.HAProxyRole].Image
	rt := container.New()
	out, err := rt.Run(t.Context(), image, []string{"/usr/sbin/haproxy", "-v"})
	if err != nil || !strings.Contains(out, "version 2.6") {
		t.Errorf("haproxy -v: %q, %v", out, err)
	}
	out, err = rt.Run(t.Context(), image, []string{"/usr/sbin/haproxy", "-c", "-f", "/nowhere"})
	if err == nil || !strings.Contains(err.Error(), "exit status 1") || !strings.Contains(out, "/nowhere") {
		t.Errorf("haproxy -c: %q, %v", out, err)
	}
	if _, err := rt.Run(t.Context(), image, []string{"/nowhere"}); err == nil || !strings.Contains(err.Error(), "no such file") {
		t.Errorf("run what is not there: %v", err)
	}
	// HAProxy without -D stays in the foreground until the context ends.
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	if _, err := rt.Run(ctx, image, []string{"/usr/sbin/haproxy", "-W", "-S", "/tmp/m.sock", "-f", "/dev/null"}); err == nil {
		t.Error("run of what does not end came to an end")
	}
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	list, err := engine(t).ContainerList(t.Context(), client.ContainerListOptions{
		All: true, Filters: make(client.Filters).Add("label", fmt.Sprintf("halab.once=%s:%d", host, os.Getpid()))})
	if err != nil || len(list.Items) > 0 {
		t.Errorf("left: %v, %v", list.Items, err)
	}
}

// Sweep removes what a Run left whose process is gone, and nothing of one that
// lives.
func TestSweep(t *testing.T) {
	image := images(t)[lab.HAProxyRole].Image
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	child := exec.CommandContext(t.Context(), "true")
	if err := child.Run(); err != nil {
		t.Fatal(err)
	}
	made := map[string]string{}
	for name, pid := range map[string]int{"dead": child.Process.Pid, "alive": os.Getpid()} {
		c, err := engine(t).ContainerCreate(t.Context(), client.ContainerCreateOptions{Config: &containertypes.Config{
			Image: image, Entrypoint: []string{"/nowhere"}, Labels: map[string]string{"halab.once": fmt.Sprintf("%s:%d", host, pid)}}})
		if err != nil {
			t.Fatal(err)
		}
		made[name] = c.ID
		t.Cleanup(func() {
			_, _ = engine(t).ContainerRemove(context.Background(), c.ID, client.ContainerRemoveOptions{Force: true})
		})
	}
	// Any halab that starts beside this may have removed it before.
	if _, err := container.New().Sweep(t.Context()); err != nil {
		t.Error(err)
	}
	// Or is just doing so, and this one has left it to the other.
	inspect := func(name string) error {
		_, err := engine(t).ContainerInspect(t.Context(), made[name], client.ContainerInspectOptions{})
		return err
	}
	for begin := time.Now(); inspect("dead") == nil; time.Sleep(50 * time.Millisecond) {
		if time.Since(begin) > 30*time.Second {
			t.Fatal("the container of a process that is gone is there still")
		}
	}
	if err := inspect("alive"); err != nil {
		t.Errorf("the container of a process that lives: %v", err)
	}
}

func TestBuild(t *testing.T) {
	needEngine(t)
	rt := container.New()
	const tag = "halab/test:build"
	err := rt.Build(t.Context(), tag, buildContext(t, "FROM scratch\nADD nothing /\n"), nil)
	if err == nil || !strings.Contains(err.Error(), "nothing") {
		t.Errorf("build of what cannot be: %v", err)
	}
	wantImage(t, rt, tag, false)
	if err := rt.Build(t.Context(), tag, buildContext(t, "FROM scratch\nADD Dockerfile /\n"), map[string]string{software.Label: "test"}); err != nil {
		t.Fatal(err)
	}
	removeImage(t, tag)
	wantImage(t, rt, tag, true)
}

func wantImage(t *testing.T, rt *container.Runtime, ref string, want bool) {
	t.Helper()
	if got, err := rt.ImageID(t.Context(), ref); err != nil || (got != "") != want {
		t.Errorf("has %s: %v, %v, want %v", ref, got, err, want)
	}
}

func buildContext(t *testing.T, dockerfile string) io.Reader {
	t.Helper()
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	err := errors.Join(w.WriteHeader(&tar.Header{Name: "Dockerfile", Mode: 0o644, Size: int64(len(dockerfile))}))
	if _, werr := io.WriteString(w, dockerfile); errors.Join(err, werr, w.Close()) != nil {
		t.Fatal(err, werr)
	}
	return &out
}

// TestNoGoroutines holds a lab that is closed to leaving none behind, and its
// runtime to being of no other lab: nothing would watch that one's containers.
func TestNoGoroutines(t *testing.T) {
	programs := images(t)
	before := goleak.IgnoreCurrent()
	rt := container.New()
	l, err := lab.Start(t.Context(), labtest.Scenario(t), rt, programs, lab.Options{StateDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := lab.Start(t.Context(), labtest.Scenario(t), rt, programs, lab.Options{StateDir: t.TempDir()}); err == nil || !strings.Contains(err.Error(), "has had its lab") {
		t.Errorf("a second lab of one runtime: %v", err)
	}
	goleak.VerifyNone(t, before)
}
