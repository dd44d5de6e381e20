package adminsock

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"halab/internal/haproxy"
	"halab/internal/haproxy/haproxytest"
)

const labConfig = `global
  stats socket DIR/admin.sock level admin
  stats socket DIR/operator.sock level operator
  stats socket DIR/user.sock level user
  stats socket fd@3 level admin
defaults
  mode http
  timeout connect 5s
  timeout client 5s
  timeout server 5s
frontend app
  bind unix@DIR/app.sock
  default_backend bk_app
backend bk_app
  server nginx1 127.0.0.1:1 backup
  server nginx2 127.0.0.1:1 weight 3
  server nginx3 127.0.0.1:1 track bk_app/nginx4
  server nginx4 127.0.0.1:1 check inter 1h
  server nginx5 127.0.0.1:1 disabled
`

var (
	nginx2 = haproxy.ServerRef{Backend: "bk_app", Server: "nginx2"}
	nginx3 = haproxy.ServerRef{Backend: "bk_app", Server: "nginx3"}
	nginx4 = haproxy.ServerRef{Backend: "bk_app", Server: "nginx4"}
	nginx5 = haproxy.ServerRef{Backend: "bk_app", Server: "nginx5"}
)

// lab is a HAProxy with a stats socket of every level and one over TCP.
type lab struct {
	admin, operator, user, tcp *Client
	pid                        int
}

func start(t *testing.T, h haproxytest.HAProxy) lab {
	t.Helper()
	l := haproxytest.Listen(t)
	p := h.Start(t, labConfig, l)
	socket := func(name string) *Client { return New("unix", filepath.Join(p.Dir, name)) }
	return lab{socket("admin.sock"), socket("operator.sock"), socket("user.sock"), New("tcp", l.Addr().String()), p.Pid}
}

func admin(t *testing.T, c *Client, ref haproxy.ServerRef) haproxy.AdminState {
	t.Helper()
	states, err := c.ServersState(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s, ok := haproxy.FindState(states, ref)
	if !ok {
		t.Fatalf("%s is not listed", ref)
	}
	return s.Admin
}

func status(t *testing.T, c *Client, ref haproxy.ServerRef) haproxy.Status {
	t.Helper()
	stats, err := c.Stat(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s, ok := haproxy.Find(stats, ref)
	if !ok {
		t.Fatalf("%s is not listed", ref)
	}
	return s.Status
}

func TestSetState(t *testing.T) {
	haproxytest.Each(t, func(t *testing.T, h haproxytest.HAProxy) {
		lab := start(t, h)
		for _, tt := range []struct {
			ref    haproxy.ServerRef
			action haproxy.ServerAction
			admin  haproxy.AdminState
			status haproxy.Status
		}{
			{nginx2, haproxy.Ready, 0, "no check"},
			{nginx2, haproxy.Maint, haproxy.FMAINT, "MAINT"},
			{nginx2, haproxy.Maint, haproxy.FMAINT, "MAINT"},
			{nginx2, haproxy.Drain, haproxy.FDRAIN, "DRAIN"},
			{nginx2, haproxy.Drain, haproxy.FDRAIN, "DRAIN"},
			{nginx2, haproxy.Maint, haproxy.FMAINT, "MAINT"},
			{nginx2, haproxy.Ready, 0, "no check"},
			{nginx4, haproxy.Maint, haproxy.FMAINT, "MAINT"},
			{nginx3, haproxy.Ready, haproxy.IMAINT, "MAINT (via bk_app/nginx4)"},
		} {
			if err := lab.admin.SetState(t.Context(), tt.ref, tt.action); err != nil {
				t.Errorf("%s %s: %v", tt.ref, tt.action, err)
			}
			if got := admin(t, lab.admin, tt.ref); got != tt.admin {
				t.Errorf("%s %s: it is %v, want %v", tt.ref, tt.action, got, tt.admin)
			}
			if got := status(t, lab.admin, tt.ref); got != tt.status {
				t.Errorf("%s %s: its status is %q, want %q", tt.ref, tt.action, got, tt.status)
			}
		}
		if err := lab.admin.SetState(t.Context(), nginx5, haproxy.Ready); err != nil {
			t.Errorf("a server that the configuration disables: %v", err)
		}
		if got := admin(t, lab.admin, nginx5); !got.Ready() {
			t.Errorf("a server that the configuration disables is %v after ready", got)
		}
	})
}

func TestSetWeight(t *testing.T) {
	haproxytest.Each(t, func(t *testing.T, h haproxytest.HAProxy) {
		lab := start(t, h)
		for _, tt := range []struct {
			weight string
			want   int
		}{{"0", 0}, {"100%", 3}, {"50%", 1}, {"256", 256}, {"256", 256}, {"33%", 0}, {"7", 7}} {
			if got, err := lab.admin.SetWeight(t.Context(), nginx2, tt.weight); err != nil || got != tt.want {
				t.Errorf("weight %s of 3: %d, %v; want %d", tt.weight, got, err, tt.want)
			}
		}
		var refused *CommandError
		if _, err := lab.admin.SetWeight(t.Context(), nginx2, "257"); !errors.As(err, &refused) {
			t.Errorf("weight 257: %v", err)
		}
	})
}

func TestRefusals(t *testing.T) {
	haproxytest.Each(t, func(t *testing.T, h haproxytest.HAProxy) {
		lab := start(t, h)
		for _, ref := range []haproxy.ServerRef{{Backend: "bk_app", Server: "nginx9"}, {Backend: "bk_no", Server: "nginx2"}} {
			if err := lab.admin.SetState(t.Context(), ref, haproxy.Maint); !errors.Is(err, ErrUnknownServer) {
				t.Errorf("%s: %v", ref, err)
			}
			if _, err := lab.admin.SetWeight(t.Context(), ref, "1"); !errors.Is(err, ErrUnknownServer) {
				t.Errorf("%s: %v", ref, err)
			}
		}
		for _, c := range []*Client{lab.operator, lab.user} {
			if err := c.SetState(t.Context(), nginx2, haproxy.Maint); !errors.Is(err, ErrPermission) {
				t.Errorf("%s: %v", c, err)
			}
			if _, err := c.SetWeight(t.Context(), nginx2, "1"); !errors.Is(err, ErrPermission) {
				t.Errorf("%s: %v", c, err)
			}
			if got := status(t, c, nginx2); got != "no check" {
				t.Errorf("%s: a refused change was made: %s", c, got)
			}
		}
		for _, cmd := range []string{"nonsense", "set server bk_app/nginx2 state down", "show servers state bk_no"} {
			var refused *CommandError
			if answer, err := lab.admin.Command(t.Context(), cmd); !errors.As(err, &refused) || refused.Command != cmd {
				t.Errorf("%s: %q, %v", cmd, answer, err)
			}
		}
	})
}

func TestQueries(t *testing.T) {
	haproxytest.Each(t, func(t *testing.T, h haproxytest.HAProxy) {
		lab := start(t, h)
		for _, c := range []*Client{lab.admin, lab.operator, lab.user, lab.tcp} {
			info, err := c.Info(t.Context())
			if err != nil {
				t.Fatalf("%s: %v", c, err)
			}
			if _, err := haproxy.ParseVersion(info["Version"]); err != nil || info["Name"] != "HAProxy" || info["Pid"] == "" {
				t.Errorf("%s: %v, %v", c, info, err)
			}
			if stats, err := c.Stat(t.Context()); err != nil || len(haproxy.Servers(stats)) != 5 {
				t.Errorf("%s: %v, %v", c, stats, err)
			}
			if states, err := c.ServersState(t.Context()); err != nil || len(states) != 5 {
				t.Errorf("%s: %v, %v", c, states, err)
			}
		}
		if err := lab.tcp.SetState(t.Context(), nginx2, haproxy.Maint); err != nil {
			t.Errorf("over TCP: %v", err)
		}
	})
}

// TestSideBySide sends many commands at once: every answer must be whole, and
// its own.
func TestSideBySide(t *testing.T) {
	haproxytest.Each(t, func(t *testing.T, h haproxytest.HAProxy) {
		lab := start(t, h)
		ctx := t.Context()
		var workers sync.WaitGroup
		for range 4 {
			workers.Go(func() {
				for range 25 {
					if stats, err := lab.admin.Stat(ctx); err != nil || len(stats) != 7 {
						t.Errorf("show stat: %d lines, %v", len(stats), err)
					}
					if answer, err := lab.tcp.Command(ctx, "get weight bk_app/nginx2"); err != nil || answer != "3 (initial 3)" {
						t.Errorf("get weight: %q, %v", answer, err)
					}
					if answer, err := lab.admin.Command(ctx, "enable server bk_app/nginx1"); err != nil || answer != "" {
						t.Errorf("enable server: %q, %v", answer, err)
					}
				}
			})
		}
		workers.Wait()
	})
}

// TestFrozenAndKilled stops HAProxy in the middle of its life: a frozen one
// holds connections and says nothing, a killed one refuses them.
// freeze stops a process and returns when it stands still: the signal has to
// reach one of its threads first, and until then the others go on.
func freeze(t *testing.T, pid int) {
	t.Helper()
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	for {
		tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", pid))
		if err != nil || len(tasks) == 0 {
			t.Fatalf("the threads of %d: %v, %v", pid, tasks, err)
		}
		if !slices.ContainsFunc(tasks, func(task string) bool {
			stat, err := os.ReadFile(task)
			return err != nil || !strings.Contains(string(stat), ") T ")
		}) {
			return
		}
		time.Sleep(time.Millisecond)
	}
}

func TestFrozenAndKilled(t *testing.T) {
	haproxytest.Each(t, func(t *testing.T, h haproxytest.HAProxy) {
		lab := start(t, h)
		freeze(t, lab.pid)
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		if err := lab.admin.SetState(ctx, nginx2, haproxy.Maint); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("frozen: %v", err)
		}

		answered := make(chan error)
		go func() {
			_, err := lab.admin.Command(t.Context(), "set server bk_app/nginx2 state maint")
			answered <- err
		}()
		time.Sleep(20 * time.Millisecond) // most likely it waits for its answer now; either order must fail
		if err := syscall.Kill(lab.pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		if err := <-answered; !errors.Is(err, ErrNoAnswer) && !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("killed while it was asked: %v", err)
		}
		if _, err := lab.admin.Stat(t.Context()); err == nil {
			t.Error("a killed HAProxy answered")
		}
	})
}
