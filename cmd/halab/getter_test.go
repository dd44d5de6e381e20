package main

import (
	"bytes"
	"context"
	"net"
	"strings"
	"testing"
	"time"
)

// An answer whose header does not end is read to a bound, and told.
func TestGetterEndlessHeader(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	taken := make(chan int, 1)
	go func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		_, _ = conn.Write([]byte("HTTP/1.1 200 OK\r\n"))
		line := append(bytes.Repeat([]byte("X-Filler: x"), 1000), "\r\n"...)
		sent := 0
		for sent < 64<<20 {
			n, err := conn.Write(line)
			if sent += n; err != nil {
				break
			}
		}
		taken <- sent
	}()
	g, err := parseURL("http://" + l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	g.timeout = 30 * time.Second
	if s := g.send(context.Background()); s.OK || !strings.Contains(s.Error, "header is longer than 64 KiB") {
		t.Errorf("%+v", s)
	}
	if sent := <-taken; sent >= 64<<20 {
		t.Errorf("%d bytes of a header were taken", sent)
	}
}
