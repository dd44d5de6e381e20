package ports

import (
	"errors"
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
			address, err := c.Take("bk_app/nginx1", "10.1.2.3:"+strconv.Itoa(tt.port))
			if err != nil || (portOf(t, address) == tt.port) != tt.gets {
				t.Errorf("got %s, %v", address, err)
			}
			if len(c.Notes) != tt.notes || tt.notes > 0 && !strings.Contains(c.Notes[0], "bk_app/nginx1: port 127.0.0.1:"+strconv.Itoa(tt.port)) {
				t.Errorf("notes %q", c.Notes)
			}
		})
	}
	c := Chooser{Own: true}
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

// TestShared: labs that come up side by side get different ports, and a port
// comes free again once enough others were given.
func TestShared(t *testing.T) {
	shared := &Shared{}
	if !shared.take(12345) || shared.take(12345) {
		t.Error("a port is not given once and then kept")
	}
	for port := range remembered {
		shared.take(port)
	}
	if !shared.take(12345) {
		t.Error("a port is never given again")
	}
	if len(shared.given) != remembered || len(shared.order) != remembered {
		t.Errorf("%d and %d ports are remembered, want %d", len(shared.given), len(shared.order), remembered)
	}
	a, b := Chooser{Shared: shared}, Chooser{Shared: shared}
	seen := map[string]bool{}
	for range 50 {
		for _, c := range []*Chooser{&a, &b} {
			address, err := c.Free()
			if err != nil || seen[address] {
				t.Fatalf("%s again, or %v", address, err)
			}
			seen[address] = true
		}
	}
}
