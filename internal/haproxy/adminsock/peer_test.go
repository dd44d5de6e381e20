package adminsock

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"halab/internal/haproxy"
	"halab/internal/haproxy/haproxytest"
)

// peer serves a stats socket that behaves as the test says, and returns a
// client of it. The handler's connection is closed when it returns.
func peer(t *testing.T, handle func(conn net.Conn)) *Client {
	t.Helper()
	path := filepath.Join(haproxytest.Dir(t), "peer.sock")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	var handlers sync.WaitGroup
	handlers.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			handlers.Go(func() {
				defer func() { _ = conn.Close() }()
				handle(conn)
			})
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		handlers.Wait()
	})
	return New("unix", path)
}

// says reads the line, as HAProxy does, and answers.
func says(answer string) func(net.Conn) {
	return func(conn net.Conn) {
		_, _ = bufio.NewReader(conn).ReadString('\n')
		_, _ = io.WriteString(conn, answer)
	}
}

func TestPeersThatDoNotAnswer(t *testing.T) {
	for _, tt := range []struct {
		name   string
		handle func(net.Conn)
	}{
		{"closes at once", func(net.Conn) {}},
		{"closes after reading", says("")},
		{"answers the prologue only", says("\n")},
		{"stops before the epilogue", says("\n# pxname,svname,type\nb,s,2\n\n")},
		{"stops in the epilogue", says("\n\n[6]: adm")},
		{"stops in an error", says("\n[3]: No such")},
		{"is a web server", says("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := peer(t, tt.handle)
			for _, cmd := range []string{"show stat", "set server b/s state maint"} {
				if answer, err := c.Command(context.Background(), cmd); !errors.Is(err, ErrNoAnswer) {
					t.Errorf("%s: %q, %v; want ErrNoAnswer", cmd, answer, err)
				}
			}
		})
	}
}

// TestWritingHalfIsClosed talks to a peer that reads all before it answers.
func TestWritingHalfIsClosed(t *testing.T) {
	var line []byte
	c := peer(t, func(conn net.Conn) {
		line, _ = io.ReadAll(conn)
		_, _ = io.WriteString(conn, "\nhello\n\n[6]: admin\n\n")
	})
	answer, err := c.Command(t.Context(), "show hello")
	if err != nil || answer != "hello" {
		t.Errorf("%q, %v", answer, err)
	}
	if want := "set severity-output number; show hello; show cli level\n"; string(line) != want {
		t.Errorf("sent %q, want %q", line, want)
	}
}

// untilGone holds a connection until the client leaves.
func untilGone(conn net.Conn) { _, _ = io.Copy(io.Discard, neverEOF{conn}) }

// neverEOF reads on after the client closed its writing half, until it closes
// the connection: only a write finds out.
type neverEOF struct{ conn net.Conn }

func (r neverEOF) Read(p []byte) (int, error) {
	n, err := r.conn.Read(p)
	if errors.Is(err, io.EOF) {
		time.Sleep(time.Millisecond)
		if _, err := r.conn.Write([]byte("\n")); err != nil {
			return 0, err
		}
		return 0, nil
	}
	return n, err
}

func TestPeerThatNeverEnds(t *testing.T) {
	c := peer(t, untilGone)

	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if _, err := c.Command(ctx, "show stat"); !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, ErrNoAnswer) {
		t.Errorf("deadline: %v", err)
	}

	ctx, cancel = context.WithCancel(context.Background())
	stop := time.AfterFunc(20*time.Millisecond, cancel)
	defer stop.Stop()
	if _, err := c.Command(ctx, "show stat"); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if _, err := c.Command(ctx, "show stat"); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled before: %v", err)
	}

	c.timeout = 50 * time.Millisecond
	if _, err := c.Command(context.Background(), "show stat"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("no deadline: %v", err)
	}

	c = peer(t, func(conn net.Conn) {
		for {
			if _, err := conn.Write(make([]byte, 4096)); err != nil {
				return
			}
		}
	})
	c.limit = 1 << 20
	if _, err := c.Command(context.Background(), "show stat"); err == nil || !strings.Contains(err.Error(), "longer than 1048576 bytes") {
		t.Errorf("flood: %v", err)
	}
}

func TestPeerThatResets(t *testing.T) {
	l := haproxytest.Listen(t)
	done := make(chan struct{})
	go func() {
		defer close(done)
		conn, err := l.Accept()
		if err != nil {
			return
		}
		_, _ = bufio.NewReader(conn).ReadString('\n')
		_ = conn.(*net.TCPConn).SetLinger(0)
		_ = conn.Close()
	}()
	_, err := New("tcp", l.Addr().String()).Command(context.Background(), "show stat")
	if !errors.Is(err, ErrNoAnswer) {
		t.Errorf("reset: %v", err)
	}
	<-done
}

// TestAcceptedButNotMade talks to a peer that accepts every change and makes
// none.
func TestAcceptedButNotMade(t *testing.T) {
	state, err := os.ReadFile(filepath.Join("..", "testdata", "servers-state-2.6.txt"))
	if err != nil {
		t.Fatal(err)
	}
	c := peer(t, func(conn net.Conn) {
		line, _ := bufio.NewReader(conn).ReadString('\n')
		answer := "\n\n[6]: admin\n\n"
		if strings.Contains(line, "show servers state") {
			answer = "\n" + string(state) + "[6]: admin\n\n"
		}
		_, _ = io.WriteString(conn, answer)
	})
	ctx := context.Background()
	ref := haproxy.ServerRef{Backend: "bk_app", Server: "nginx2"} // in maintenance
	var unchanged *UnchangedError
	if err := c.SetState(ctx, ref, haproxy.Ready); !errors.Is(err, ErrUnchanged) || !errors.As(err, &unchanged) {
		t.Errorf("ready: %v", err)
	} else if got := unchanged.Error(); got != "bk_app/nginx2: asked for ready, HAProxy has FMAINT" {
		t.Errorf("ready: %s", got)
	}
	if err := c.SetState(ctx, ref, haproxy.Maint); err != nil {
		t.Errorf("maint, which it is in: %v", err)
	}
	if n, err := c.SetWeight(ctx, ref, "7"); !errors.Is(err, ErrUnchanged) || n != 1 {
		t.Errorf("weight 7: %d, %v", n, err)
	}
	ref.Server = "nginx9"
	if err := c.SetState(ctx, ref, haproxy.Maint); !errors.Is(err, ErrUnknownServer) {
		t.Errorf("a server that is not listed: %v", err)
	}
}
