package relay

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"testing"
	"time"
)

// server is a TCP server whose connections a test is handed.
type server struct {
	*net.TCPListener
	conns chan *net.TCPConn
	ended chan struct{}
}

func listen(t *testing.T, address string) *server {
	t.Helper()
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	s := &server{l.(*net.TCPListener), make(chan *net.TCPConn, 100), make(chan struct{})}
	go func() {
		defer close(s.ended)
		for {
			c, err := s.AcceptTCP()
			if err != nil {
				return
			}
			s.conns <- c
		}
	}()
	t.Cleanup(s.end)
	return s
}

func (s *server) end() {
	_ = s.Close()
	<-s.ended
}

// relayed is a server with a relay in front that listens.
func relayed(t *testing.T) (*Relay, *server) {
	t.Helper()
	s := listen(t, "127.0.0.1:0")
	r, err := Listen("127.0.0.1", s.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	awaitOpen(t, r)
	return r, s
}

// awaitOpen waits until the relay listens, which is once it has found the
// server.
func awaitOpen(t *testing.T, r *Relay) {
	t.Helper()
	for begin := time.Now(); ; time.Sleep(time.Millisecond) {
		r.mu.Lock()
		state := r.door.state
		r.mu.Unlock()
		if state == open {
			return
		}
		if time.Since(begin) > 10*time.Second {
			t.Fatal("the relay does not listen")
		}
	}
}

// join makes a connection through the relay and returns both of its ends.
func join(t *testing.T, r *Relay, s *server) (client, end *net.TCPConn) {
	t.Helper()
	c, err := net.Dial("tcp", r.Address())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	client = c.(*net.TCPConn)
	if _, err := client.Write([]byte{'!'}); err != nil {
		t.Fatal(err)
	}
	for end := range s.conns { // the relay looks for the server by a connection as well
		t.Cleanup(func() { _ = end.Close() })
		if got := make([]byte, 1); readFull(end, got) == nil && got[0] == '!' {
			return client, end
		}
	}
	return nil, nil
}

// readFull fails in the end rather than wait for what does not come.
func readFull(c net.Conn, b []byte) error {
	_ = c.SetReadDeadline(time.Now().Add(20 * time.Second))
	_, err := io.ReadFull(c, b)
	return err
}

// wantQuiet wants nothing to arrive, not even an end. It can only fail to
// notice.
func wantQuiet(t *testing.T, c net.Conn) {
	t.Helper()
	_ = c.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
	n, err := c.Read(make([]byte, 1))
	if n > 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("read %d bytes, %v, want nothing", n, err)
	}
	_ = c.SetReadDeadline(time.Time{})
}

func wantText(t *testing.T, c net.Conn, want string) {
	t.Helper()
	got := make([]byte, len(want))
	if err := readFull(c, got); err != nil || string(got) != want {
		t.Errorf("read %q, %v, want %q", got, err, want)
	}
}

func write(t *testing.T, c net.Conn, text string) {
	t.Helper()
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatal(err)
	}
}

// TestCarries has both directions carry much at once, to the byte, and end one
// after the other.
func TestCarries(t *testing.T) {
	r, s := relayed(t)
	client, end := join(t, r, s)
	much := bytes.Repeat([]byte("0123456789abcdef"), 1<<18) // 4 MiB
	var both sync.WaitGroup
	for _, way := range [][2]*net.TCPConn{{client, end}, {end, client}} {
		both.Go(func() {
			if _, err := way[0].Write(much); err != nil {
				t.Error(err)
			}
			_ = way[0].CloseWrite()
		})
		both.Go(func() {
			if got, err := io.ReadAll(way[1]); err != nil || !bytes.Equal(got, much) {
				t.Errorf("%d bytes arrived, or wrong ones: %v", len(got), err)
			}
		})
	}
	both.Wait()
}

// TestHalfEnd lets one direction go on after the other has ended.
func TestHalfEnd(t *testing.T) {
	r, s := relayed(t)
	client, end := join(t, r, s)
	_ = client.CloseWrite()
	if got, err := io.ReadAll(end); err != nil || len(got) > 0 {
		t.Errorf("%q, %v", got, err)
	}
	write(t, end, "still")
	wantText(t, client, "still")
}

// TestResetIsCarried carries a reset as a reset.
func TestResetIsCarried(t *testing.T) {
	r, s := relayed(t)
	client, end := join(t, r, s)
	abort(end)
	if _, err := client.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("%v, want a reset", err)
	}
}

// TestRefusesAsTheServerDoes: nobody gets in while the server refuses, and
// everybody once it is back.
func TestRefusesAsTheServerDoes(t *testing.T) {
	s := listen(t, "127.0.0.1:0")
	s.end()
	r, err := Listen("127.0.0.1", s.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for range 3 {
		wantRefused(t, r)
		again := listen(t, s.Addr().String())
		ended := make(chan struct{})
		r.Watch(ended)
		awaitOpen(t, r)
		client, end := join(t, r, again)
		again.end()
		close(ended)
		for refused(r) == nil {
			time.Sleep(time.Millisecond)
		}
		write(t, end, "in flight")
		wantText(t, client, "in flight")
	}
}

// TestFindsTheServerGone has nobody tell the relay that the server has ended.
func TestFindsTheServerGone(t *testing.T) {
	r, s := relayed(t)
	s.end()
	for refused(r) == nil { // the first one is accepted, and reset
		time.Sleep(time.Millisecond)
	}
}

func refused(r *Relay) error {
	c, err := net.Dial("tcp", r.Address())
	if err == nil {
		_ = c.Close()
	}
	return err
}

func wantRefused(t *testing.T, r *Relay) {
	t.Helper()
	if err := refused(r); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("connect: %v, want %v", err, syscall.ECONNREFUSED)
	}
}

// TestNoSuchHost takes only what is an address of this machine.
func TestNoSuchHost(t *testing.T) {
	for _, host := range []string{"192.0.2.1", "here", ""} {
		if r, err := Listen(host, "127.0.0.1:1"); err == nil {
			t.Errorf("%q was taken: %s", host, r.Address())
		}
	}
}
