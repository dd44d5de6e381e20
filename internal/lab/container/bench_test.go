package container_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"golang.org/x/sync/errgroup"

	"halab/internal/lab"
	"halab/internal/lab/container"
	"halab/internal/lab/labtest"
)

// BenchmarkUp compares a lab that is ready with three plain docker run, side
// by side, of the same images: on the engine's default network, and on a
// network that is made for them, as the lab's is.
func BenchmarkUp(b *testing.B) {
	if _, err := exec.LookPath("docker"); err != nil {
		b.Skip("no docker client to compare with")
	}
	s := labtest.Subject{New: func() lab.Runtime { return container.New() }, Programs: images(b)}
	dir := b.TempDir()
	writeFile(b, filepath.Join(dir, "nginx.conf"),
		"daemon off; pid /tmp/nginx.pid; error_log stderr; events {} http { access_log off; server { listen 80; } }\n")
	writeFile(b, filepath.Join(dir, "haproxy.cfg"),
		"defaults\n  mode http\n  timeout connect 5s\n  timeout client 5s\n  timeout server 5s\nfrontend f\n  bind :80\n")
	b.Run("default network", func(b *testing.B) {
		labtest.BenchUp(b, s, func() (func(), error) { return runs(s.Programs, dir, "bridge") })
	})
	b.Run("own network", func(b *testing.B) {
		network := fmt.Sprintf("halab-bench-%d", os.Getpid())
		labtest.BenchUp(b, s, func() (func(), error) {
			if err := docker("network", "create", network); err != nil {
				return func() {}, err
			}
			end, err := runs(s.Programs, dir, network)
			return func() { end(); _ = docker("network", "rm", network) }, err
		})
	})
}

// runs starts the programs side by side and returns what removes them.
func runs(programs lab.Programs, dir, network string) (func(), error) {
	var group errgroup.Group
	var names []string
	for role, p := range programs {
		name := fmt.Sprintf("halab-bench-%d-%d", os.Getpid(), len(names))
		names = append(names, name)
		args := []string{"run", "-d", "--name", name, "--network", network, "-v", dir + ":" + dir, "--entrypoint", p.Argv[0]}
		if role == lab.HAProxyRole {
			args = append(args, "-p", "127.0.0.1::80", p.Image, "-f", filepath.Join(dir, "haproxy.cfg"))
		} else {
			args = append(args, p.Image, "-c", filepath.Join(dir, "nginx.conf"))
		}
		group.Go(func() error { return docker(args...) })
	}
	err := group.Wait()
	return func() { _ = docker(append([]string{"rm", "-f"}, names...)...) }, err
}

func docker(args ...string) error {
	if out, err := exec.CommandContext(context.Background(), "docker", args...).CombinedOutput(); err != nil {
		return fmt.Errorf("docker %v: %w: %s", args, err, out)
	}
	return nil
}

func writeFile(b *testing.B, path, text string) {
	b.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		b.Fatal(err)
	}
}
