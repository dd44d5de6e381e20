package probe

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"syscall"
	"time"

	"halab/internal/history"
)

// fault is one thing that a server can do to a request, and what the prober
// must make of it.
type fault struct {
	name string
	// answer is what the server says to the last request; then says how it
	// ends the connection.
	answer string
	then   ending
	// reused asks for a right answer on the same connection first. With idle
	// the server ends the connection after that one.
	reused, idle bool
	outcome      history.Outcome
}

// ending is how a server ends a connection.
type ending int

const (
	closes ending = iota
	resets
	stalls  // it says no more and leaves the connection open
	refuses // it does not take connections at all
)

const (
	selfPage = "self-test\n"
	selfHead = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n"
	// selfStall is the timeout of the requests that meet a stall.
	selfStall = 60 * time.Millisecond
	// selfWait bounds the wait for a close to come in.
	selfWait = time.Second
)

// faults are what SelfTest tries, all side by side.
func faults() []fault {
	right := selfHead + "\r\n" + selfPage
	return []fault{
		{"a right answer", right, closes, false, false, history.OK},
		{"a right answer on a reused connection", right, closes, true, false, history.OK},
		{"a refused connection", "", refuses, false, false, history.Refused},
		{"a reset before the answer", "", resets, false, false, history.Reset},
		{"a close before the answer", "", closes, false, false, history.Closed},
		{"a close of an idle connection", "", closes, true, true, history.Stale},
		{"a reset of an idle connection", "", resets, true, true, history.Stale},
		{"a close after the request on a reused connection", "", closes, true, false, history.InFlight},
		{"a reset after the request on a reused connection", "", resets, true, false, history.InFlight},
		{"headers cut", selfHead, closes, false, false, history.Truncated},
		{"a body cut by a close", selfHead + "\r\nself", closes, false, false, history.Truncated},
		{"a body cut by a reset", selfHead + "\r\nself", resets, true, false, history.Truncated},
		{"a chunked body cut", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\na\r\n" + selfPage + "\r\n", closes, false, false, history.Truncated},
		{"a body that ends with its connection, cut", "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nself", closes, false, false, history.Truncated},
		{"another body", selfHead + "\r\n" + strings.ToUpper(selfPage), closes, false, false, history.WrongBody},
		{"no answer in time", "", stalls, false, false, history.Timeout},
		{"half an answer in time", selfHead + "\r\nself", stalls, true, false, history.Timeout},
		{"an error of the proxy", "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n", closes, false, false, history.Proxy5xx},
		{"an error of a server", "HTTP/1.1 500 No\r\nServer: self-test\r\nContent-Length: 0\r\n\r\n", closes, true, false, history.Server5xx},
		{"another status", "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", closes, false, false, history.BadStatus},
		{"an answer that is none", "no HTTP\r\n\r\n", closes, false, false, history.Malformed},
	}
}

// SelfTest shows that the prober sees what it has to see, before anyone
// believes it: against servers of its own on loopback, which refuse, reset,
// close, truncate and stall on a schedule that is known. It takes as long as
// the shortest timeout that it lets run out, well under 200 ms. Its error
// names all that was missed.
func SelfTest(ctx context.Context) error { return selfTest(ctx, faults()) }

func selfTest(ctx context.Context, faults []fault) error {
	errs := make([]error, len(faults))
	var tries sync.WaitGroup
	for i := range faults {
		tries.Go(func() { errs[i] = faults[i].try(ctx) })
	}
	tries.Wait()
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("the prober does not see what it must: %w", err)
	}
	return nil
}

// try makes the fault happen to one request.
func (f *fault) try(ctx context.Context) error {
	address, ended, stop, err := f.serve(ctx)
	if err != nil {
		return fmt.Errorf("self-test: %s: %w", f.name, err)
	}
	defer stop()
	timeout := 5 * time.Second // of requests that meet no stall
	if f.then == stalls {
		timeout = selfStall
	}
	p := New(Target{Address: address, Path: "/", Timeout: timeout, Status: []int{200}, Bodies: map[string]string{"": selfPage}},
		time.Now(), func(history.Event) {})
	r := f.send(p, ended)
	if r.Outcome != f.outcome {
		return fmt.Errorf("%s was seen as %q (%s)", f.name, r.Outcome, r.Error)
	}
	if idle := r.Outcome == history.Stale; idle != (r.Sent == 0 && r.Conn > 0) {
		return fmt.Errorf("%s was seen, but it was recorded that the request was written at %v", f.name, r.Sent)
	}
	return nil
}

// send sends the request that meets the fault and, on a reused connection,
// the one before.
func (f *fault) send(p *Prober, ended <-chan struct{}) *history.Request {
	if !f.reused {
		s := single{p, p.page}
		r := &history.Request{ID: "self-1", Intended: history.Since(p.started)}
		if c := s.begin(r); c != nil {
			s.follow(r, c)
		}
		return r
	}
	k := kept{p: p, size: 1}
	defer k.end()
	r := &history.Request{ID: "self-1", Intended: history.Since(p.started)}
	if c := k.begin(r); c != nil {
		k.follow(r, c)
	}
	if r.Outcome != history.OK {
		return r
	}
	if f.idle {
		<-ended
		// It is on its way, and nothing ever takes this long on loopback.
		for late := time.Now().Add(selfWait); len(k.idle) > 0 && k.idle[0].look() == nil && time.Now().Before(late); {
			time.Sleep(time.Millisecond)
		}
	}
	r = &history.Request{ID: "self-2", Intended: history.Since(p.started)}
	if c := k.begin(r); c != nil {
		k.follow(r, c)
	}
	return r
}

// serve starts the fault's server, for one connection. ended is closed when
// that was ended.
func (f *fault) serve(ctx context.Context) (address string, ended chan struct{}, stop func(), err error) {
	ended = make(chan struct{})
	if f.then == refuses {
		address, stop, err = refuse()
		return address, ended, stop, err
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, nil, err
	}
	var served sync.WaitGroup
	served.Go(func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		f.serveConn(c.(*net.TCPConn), ended)
	})
	return l.Addr().String(), ended, func() {
		_ = l.Close()
		served.Wait()
	}, nil
}

func (f *fault) serveConn(c *net.TCPConn, ended chan struct{}) {
	in := bufio.NewReader(c)
	if f.reused {
		if readRequest(in) != nil {
			return
		}
		_, _ = c.Write([]byte(selfHead + "\r\n" + selfPage))
	}
	if !f.idle {
		if readRequest(in) != nil {
			return
		}
		_, _ = c.Write([]byte(f.answer))
	}
	switch f.then {
	case stalls:
		_, _ = in.ReadByte() // until the client ends it
	case resets:
		_ = c.SetLinger(0)
	}
	_ = c.Close()
	close(ended)
}

// readRequest reads a request without a body.
func readRequest(in *bufio.Reader) error {
	for {
		line, err := readLine(in, maxHead)
		if err != nil || len(line) == 0 {
			return err
		}
	}
}

// refuse holds a port on which nobody listens.
func refuse() (address string, stop func(), err error) {
	fd, err := newSocket(syscall.AF_INET)
	if err != nil {
		return "", nil, err
	}
	stop = func() { _ = syscall.Close(fd) }
	if err = syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err == nil {
		var name syscall.Sockaddr
		if name, err = syscall.Getsockname(fd); err == nil {
			return fmt.Sprintf("127.0.0.1:%d", name.(*syscall.SockaddrInet4).Port), stop, nil
		}
	}
	stop()
	return "", nil, err
}
