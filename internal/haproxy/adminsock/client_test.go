package adminsock

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"halab/internal/haproxy"
)

func TestParse(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"/run/haproxy/admin.sock", "unix@/run/haproxy/admin.sock"},
		{"admin.sock", "unix@admin.sock"},
		{"./a:1", "unix@./a:1"},
		{"dir/a:99", "unix@dir/a:99"},
		{"a:b", "unix@a:b"},
		{"a:0", "unix@a:0"},
		{"a:65536", "unix@a:65536"},
		{"127.0.0.1:9999", "tcp@127.0.0.1:9999"},
		{"localhost:9999", "tcp@localhost:9999"},
		{"[::1]:9999", "tcp@[::1]:9999"},
		{"unix@localhost:9999", "unix@localhost:9999"},
		{"tcp@localhost:9999", "tcp@localhost:9999"},
		{"tcp@localhost", ""},
		{"tcp@/run/x", ""},
		{"udp@localhost:1", ""},
		{"unix@", ""},
		{"", ""},
	} {
		c, err := Parse(tt.in)
		if (err != nil) != (tt.want == "") || (err == nil && c.String() != tt.want) {
			t.Errorf("Parse(%q): %v, %v; want %q", tt.in, c, err, tt.want)
		}
	}
}

// refusing is a client of a socket that must never be reached.
func refusing() *Client { return New("unix", "/nonexistent/never.sock") }

func TestRefusedBeforeSending(t *testing.T) {
	ctx := context.Background()
	for _, cmd := range []string{"", "  ", "show info\nquit", "show info\rquit", "show\x00info", "show info; quit"} {
		if _, err := refusing().Command(ctx, cmd); err == nil || !strings.HasPrefix(err.Error(), "stats socket command") {
			t.Errorf("%q: %v", cmd, err)
		}
	}
	good := haproxy.ServerRef{Backend: "b", Server: "s"}
	for _, ref := range []haproxy.ServerRef{{}, {Backend: "b"}, {Backend: "b", Server: "s state ready"}, {Backend: "b", Server: "s/t"}} {
		if err := refusing().SetState(ctx, ref, haproxy.Maint); err == nil || !strings.HasPrefix(err.Error(), "parse server") {
			t.Errorf("state of %q: %v", ref, err)
		}
		if _, err := refusing().SetWeight(ctx, ref, "1"); err == nil || !strings.HasPrefix(err.Error(), "parse server") {
			t.Errorf("weight of %q: %v", ref, err)
		}
	}
	if err := refusing().SetState(ctx, good, "down"); err == nil || !strings.HasPrefix(err.Error(), "parse state") {
		t.Errorf("state down: %v", err)
	}
	for _, weight := range []string{"", "%", "-1", "+1", "1.5", "50 %", "1 2", "half", "99999999"} {
		if _, err := refusing().SetWeight(ctx, good, weight); err == nil || !strings.HasPrefix(err.Error(), "weight") {
			t.Errorf("weight %q: %v", weight, err)
		}
	}
}

func TestNobodyThere(t *testing.T) {
	for _, path := range []string{"/nonexistent/never.sock", "/" + strings.Repeat("x", 120)} {
		_, err := New("unix", path).Command(context.Background(), "show info")
		if err == nil || !strings.Contains(err.Error(), "connect: ") || errors.Is(err, ErrNoAnswer) {
			t.Errorf("%.30s: %v", path, err)
		}
		if n := strings.Count(err.Error(), "connect"); n != 1 {
			t.Errorf("%.30s: %v: connect is said %d times", path, err, n)
		}
		if tooLong := len(path) > maxUnixPath; strings.Contains(err.Error(), "longer than the 107 bytes") != tooLong {
			t.Errorf("%.30s: %v", path, err)
		}
	}
}

func TestEffectiveWeight(t *testing.T) {
	for _, tt := range []struct {
		weight     string
		configured int
		want       int
	}{
		{"0", 1, 0}, {"256", 1, 256}, {"300", 1, 256}, {"100%", 1, 1}, {"50%", 1, 0},
		{"50%", 3, 1}, {"33%", 10, 3}, {"0%", 100, 0}, {"200%", 200, 256},
	} {
		if got := effectiveWeight(tt.weight, tt.configured); got != tt.want {
			t.Errorf("%s of %d is %d, want %d", tt.weight, tt.configured, got, tt.want)
		}
	}
}

// lateContext has a deadline that is over and ends a little after it, as a
// context does whose timer fires after the dialer's.
type lateContext struct {
	context.Context
	deadline time.Time
}

func (c lateContext) Deadline() (time.Time, bool) { return c.deadline, true }

func TestDialerSeesTheDeadlineFirst(t *testing.T) {
	inner, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	ctx := lateContext{inner, time.Now()}
	_, err := refusing().Command(ctx, "show info")
	if !errors.Is(err, context.DeadlineExceeded) || ctx.Err() == nil {
		t.Errorf("%v, and the context says %v; want %v from both", err, ctx.Err(), context.DeadlineExceeded)
	}
}
