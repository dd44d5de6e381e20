package ports

import (
	"errors"
	"io"
	"net"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// busy is a port of loopback that something listens on.
func busy(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l.Addr().(*net.TCPAddr).Port
}

// free is one that nothing listens on.
func free(t *testing.T) int {
	t.Helper()
	var c Chooser
	defer c.Close()
	address, err := c.Free()
	if err != nil {
		t.Fatal(err)
	}
	return portOf(t, address)
}

func portOf(t *testing.T, address string) int {
	t.Helper()
	host, text, err := net.SplitHostPort(address)
	if err != nil || host != "127.0.0.1" {
		t.Fatalf("address %s is not one of loopback: %v", address, err)
	}
	port, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return port
}

func TestFree(t *testing.T) {
	var c Chooser
	defer c.Close()
	seen := map[string]bool{}
	for range 500 {
		address, err := c.Free()
		if err != nil {
			t.Fatal(err)
		}
		if port := portOf(t, address); seen[address] || port < lowest || port >= highest {
			t.Fatalf("%s was given before, or lies outside %d to %d", address, lowest, highest)
		}
		seen[address] = true
	}
}

func TestFrontend(t *testing.T) {
	for _, engine := range []bool{false, true} {
		c := Chooser{Engine: engine}
		defer c.Close()
		port := free(t)
		address, err := c.Frontend("app", ":80", map[string]int{"app": port})
		if err != nil || portOf(t, address) != port {
			t.Errorf("publish a port that is free: %s, %v", address, err)
		}
		for why, taken := range map[string]int{"in use": busy(t), "given already": port} {
			_, err := c.Frontend("app", ":80", map[string]int{"app": taken})
			e, ok := errors.AsType[*Error](err)
			if !ok || !errors.Is(err, syscall.EADDRINUSE) || !strings.HasSuffix(e.Address, ":"+strconv.Itoa(taken)) {
				t.Errorf("publish a port that is %s: %v", why, err)
			}
		}
		if address, err := c.Frontend("other", ":80", map[string]int{"app": port}); err != nil || portOf(t, address) == 80 {
			t.Errorf("a frontend that is not published: %s, %v", address, err)
		}
	}
}

func TestTake(t *testing.T) {
	own, taken := free(t), busy(t)
	tests := []struct {
		name  string
		own   bool
		port  int
		gets  bool // the scenario's own
		notes int
	}{
		{"not wanted", false, own, false, 0},
		{"wanted and free", true, own, true, 0},
		{"wanted and in use", true, taken, false, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := Chooser{Own: tt.own}
			defer c.Close()
			address, err := c.Take("bk_app/nginx1", "10.1.2.3:"+strconv.Itoa(tt.port))
			if err != nil || (portOf(t, address) == tt.port) != tt.gets {
				t.Errorf("got %s, %v", address, err)
			}
			if len(c.Notes) != tt.notes || tt.notes > 0 && (!strings.HasPrefix(c.Notes[0], "bk_app/nginx1: port 127.0.0.1:"+strconv.Itoa(tt.port)) || !strings.HasSuffix(c.Notes[0], "; "+address+" is used instead")) {
				t.Errorf("notes %q", c.Notes)
			}
		})
	}
	c := Chooser{Own: true}
	defer c.Close()
	for _, address := range []string{"", "10.1.2.3", "10.1.2.3:http"} {
		if got, err := c.Take("bk_app/nginx1", address); err == nil {
			t.Errorf("address %q gives %s", address, got)
		}
	}
}

func TestError(t *testing.T) {
	for err, want := range map[error]string{
		syscall.EADDRINUSE:    "port 127.0.0.1:80 cannot be had: something else listens there",
		syscall.EACCES:        "port 127.0.0.1:80 cannot be had: ports below 1024 need root here",
		syscall.EADDRNOTAVAIL: "port 127.0.0.1:80 cannot be had: cannot assign requested address",
	} {
		if got := (&Error{Address: "127.0.0.1:80", Err: err}).Error(); !strings.HasPrefix(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// TestHeld: what one Chooser has, no other finds free, until it is closed, though
// nothing listens there.
func TestHeld(t *testing.T) {
	var a, b Chooser
	address, err := a.Free()
	if err != nil {
		t.Fatal(err)
	}
	port := portOf(t, address)
	if err := b.claim(port, true); !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("the port of another is claimed: %v", err)
	}
	if err := b.claim(port, false); err != nil {
		t.Errorf("a port is asked for on which nothing listens: %v", err)
	}
	b.Close()
	a.Close()
	if err := b.claim(port, true); err != nil {
		t.Errorf("a port that was let go of: %v", err)
	}
	b.Close()
}

// TestHeldForServers: a held port is there for the lab's own programs, again
// and again, and then no Chooser gets it.
func TestHeldForServers(t *testing.T) {
	var a, b Chooser
	defer a.Close()
	address, err := a.Free()
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		l, err := net.Listen("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			if conn, err := l.Accept(); err == nil {
				_ = conn.Close() // first: the closing connection stays here
			}
		}()
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatalf("connect to a server on a held port: %v", err)
		}
		if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
			t.Errorf("the server's end of the connection: %v", err)
		}
		if err := b.claim(portOf(t, address), false); !errors.Is(err, syscall.EADDRINUSE) {
			t.Errorf("a port on which a server listens is claimed: %v", err)
		}
		_ = errors.Join(conn.Close(), l.Close())
	}
	// A connection is closing there now.
	if err := b.claim(portOf(t, address), false); err != nil {
		t.Errorf("a port is asked for on which nothing listens any more: %v", err)
	}
	b.Close()
}
