package adminsock

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"halab/internal/haproxy"
	"halab/internal/haproxy/haproxytest"
)

// A HAProxy that was told to finish answers its session until that is closed,
// and nobody else.
func TestSessionOutlivesSoftStop(t *testing.T) {
	haproxytest.Each(t, func(t *testing.T, h haproxytest.HAProxy) {
		l := start(t, h)
		s, err := l.admin.Open(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		if err := syscall.Kill(l.pid, syscall.SIGUSR1); err != nil {
			t.Fatal(err)
		}
		for stopping := ""; stopping != "1"; time.Sleep(time.Millisecond) {
			info, err := s.Info(t.Context())
			if err != nil {
				t.Fatalf("the session ended with the soft stop: %v", err)
			}
			stopping = info["Stopping"]
			if info["Pid"] != strconv.Itoa(l.pid) {
				t.Fatalf("pid %s answers, want %d", info["Pid"], l.pid)
			}
		}
		stats, err := s.Stat(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(h.Name, "2.2.") {
			return // it leaves stopped proxies out of show stat
		}
		if _, ok := haproxy.Find(stats, nginx2); !ok {
			t.Errorf("%s is not in the session's show stat", nginx2)
		}
		if _, err := s.Command(t.Context(), "show stat; show info"); err == nil {
			t.Error("two commands in one were taken")
		}
	})
}

func TestSessionOfNobody(t *testing.T) {
	if _, err := New("unix", t.TempDir()+"/none.sock").Open(t.Context()); err == nil {
		t.Fatal("a session with nobody")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	haproxytest.Each(t, func(t *testing.T, h haproxytest.HAProxy) {
		if _, err := start(t, h).admin.Open(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("with a cancelled context: %v", err)
		}
	})
}
