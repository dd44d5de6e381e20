package container

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestPingNoEngine(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	deaf := listen(t, filepath.Join(dir, "deaf.sock"), func(net.Conn) {})
	rude := listen(t, filepath.Join(dir, "rude.sock"), func(c net.Conn) { _ = c.Close() })
	tests := []struct{ name, host, want string }{
		{"nowhere", "unix://" + dir + "/none.sock", "DOCKER_HOST points nowhere"},
		{"no socket", "unix://" + file, "it does not answer: connection refused"},
		{"no answer", "unix://" + deaf, "it listens but does not answer"},
		{"closes", "unix://" + rude, "it listens but does not answer"},
		{"another machine", "tcp://127.0.0.1:2375", "only an engine on this machine"},
		{"ssh", "ssh://somebody@example.org", "only an engine on this machine"},
		{"no address", "docker.sock", "not an address"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Setenv("DOCKER_HOST", tt.host)
			ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
			defer cancel()
			err := New().Ping(ctx)
			e, ok := errors.AsType[*EngineError](err)
			if !ok || e.Host != tt.host || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v, want an EngineError of %s with %q", err, tt.host, tt.want)
			}
		})
	}
}

func listen(t *testing.T, path string, serve func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			serve(c)
		}
	}()
	return path
}

func TestHost(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("DOCKER_HOST", "")
	t.Setenv("HOME", dir)
	t.Setenv("XDG_RUNTIME_DIR", dir)
	if _, err := os.Stat(strings.TrimPrefix(defaultHost, "unix://")); err == nil {
		if got := Host(); got != defaultHost {
			t.Errorf("host %s, want the system's, which is there", got)
		}
	} else {
		own := filepath.Join(dir, "docker.sock")
		listen(t, own, func(net.Conn) {})
		if got := Host(); got != "unix://"+own {
			t.Errorf("host %s, want the user's own, %s", got, own)
		}
	}
	t.Setenv("DOCKER_HOST", "unix:///elsewhere.sock")
	if got := Host(); got != "unix:///elsewhere.sock" {
		t.Errorf("host %s, want DOCKER_HOST's", got)
	}
}
