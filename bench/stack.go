package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"halab/internal/software"
)

// stack is one HAProxy in front of one nginx.
type stack struct {
	dir      string
	plain    string // address of the frontend without a log
	logged   string // address of the frontend that logs every arrival
	arrivals *arrivals
	children []*exec.Cmd
}

const haproxyConfig = `global
	log %[1]s/log.sock format raw local0
	maxconn 8000
defaults
	mode http
	timeout connect 5s
	timeout client 50s
	timeout server 50s
	retries 0
backend bk_app
	server nginx2 %[2]s
frontend plain
	bind %[3]s
	default_backend bk_app
frontend logged
	bind %[4]s
	log global
	http-request set-var(txn.us) date(0,us)
	log-format %%[var(txn.us)]
	default_backend bk_app
`

const nginxConfig = `daemon off;
master_process off;
pid %[1]s/nginx.pid;
error_log stderr crit;
events { worker_connections 4096; }
http {
	access_log off;
	client_body_temp_path %[1]s/tmp;
	proxy_temp_path %[1]s/tmp;
	fastcgi_temp_path %[1]s/tmp;
	uwsgi_temp_path %[1]s/tmp;
	scgi_temp_path %[1]s/tmp;
	keepalive_requests 100000000;
	server {
		listen %[2]s;
		location / { default_type text/plain; return 200 "` + pageText + `"; }
	}
}
`

// pageText is nginx's page: \n is a line feed in its configuration too.
const pageText = `nginx2\n`

const page = "nginx2\n"

// start starts both and returns when they answer.
func start(ctx context.Context, dir string) (*stack, error) {
	ports, err := freePorts(3)
	if err != nil {
		return nil, err
	}
	s := &stack{dir: dir, plain: ports[1], logged: ports[2]}
	if s.arrivals, err = listen(filepath.Join(dir, "log.sock")); err != nil {
		return nil, err
	}
	resolver := software.New(software.Options{Progress: func(line string) { fmt.Fprintln(os.Stderr, line) }})
	err = errors.Join(
		s.launch(ctx, resolver, "nginx:1.22.1", fmt.Sprintf(nginxConfig, dir, ports[0]), "-p", dir, "-c"),
		s.launch(ctx, resolver, "haproxy:2.6", fmt.Sprintf(haproxyConfig, dir, ports[0], ports[1], ports[2]), "-db", "-f"),
	)
	for _, address := range ports {
		if err == nil {
			err = await(ctx, address)
		}
	}
	if err != nil {
		s.stop()
		return nil, err
	}
	return s, nil
}

// launch starts a program on a configuration file, whose path ends its
// command line. It ends when this process does.
func (s *stack) launch(ctx context.Context, r *software.Resolver, what, config string, args ...string) error {
	want, err := software.ParseWant(what)
	if err != nil {
		return err
	}
	program, err := r.Process(ctx, want)
	if err != nil {
		return err
	}
	path := filepath.Join(s.dir, want.Name+".conf")
	if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
		return err
	}
	argv := slices.Concat(program.Argv, args, []string{path})
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	if err := cmd.Start(); err != nil {
		return err
	}
	fmt.Printf("%s %s, %s\n", program.Name, program.Got, program.Source)
	s.children = append(s.children, cmd)
	return nil
}

func (s *stack) stop() {
	for _, c := range s.children {
		_ = c.Process.Signal(syscall.SIGTERM)
		_ = c.Wait()
	}
	s.arrivals.close()
}

// freePorts finds addresses that nobody listens on.
func freePorts(n int) ([]string, error) {
	var out []string
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer l.Close()
		out = append(out, l.Addr().String())
	}
	return out, nil
}

func await(ctx context.Context, address string) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	for {
		c, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
		if err == nil {
			return c.Close()
		}
		if ctx.Err() != nil {
			return fmt.Errorf("%s does not answer: %w", address, err)
		}
		time.Sleep(10 * time.Millisecond)
	}
}
