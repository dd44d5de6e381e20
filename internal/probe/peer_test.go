package probe

import (
	"bufio"
	"net"
	"net/textproto"
	"strings"
	"sync"
	"testing"
	"time"

	"halab/internal/haproxy"
	"halab/internal/haproxy/haproxytest"
	"halab/internal/history"
)

// pageText is what the servers of these tests serve.
const pageText = "nginx2\n"

// good is a right answer, as HAProxy sends it.
const good = "HTTP/1.1 200 OK\r\nserver: nginx/1.18.0\r\ncontent-length: 7\r\nx-halab-server: bk_app/nginx2\r\n\r\n" + pageText

// act is what a peer does next on a connection; false ends it.
type act func(p *peer) bool

// peer is the scripted other side of one connection.
type peer struct {
	net *net.TCPConn
	in  *textproto.Reader
	srv *server
}

// server runs a script on every connection that it accepts: the first one on
// the first connection, and so on; the last one again on those that follow.
type server struct {
	scripts [][]act
	addr    string
	closed  chan struct{} // gets a value when a peer has closed or reset
	gate    chan struct{} // lets a peer that waits go on
	mu      sync.Mutex
	ids     []string // of the requests that were read, in order
}

func serve(t *testing.T, scripts ...[]act) *server {
	t.Helper()
	l := haproxytest.Listen(t)
	s := &server{scripts: scripts, addr: l.Addr().String(), closed: make(chan struct{}, 1), gate: make(chan struct{})}
	var conns sync.WaitGroup
	conns.Go(func() {
		for n := 0; ; n++ {
			c, err := l.Accept()
			if err != nil {
				return
			}
			script := s.scripts[min(n, len(s.scripts)-1)]
			conns.Go(func() { s.play(c.(*net.TCPConn), script) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		conns.Wait()
	})
	return s
}

func (s *server) play(c *net.TCPConn, script []act) {
	defer c.Close()
	p := &peer{net: c, in: textproto.NewReader(bufio.NewReader(c)), srv: s}
	for _, a := range script {
		if !a(p) {
			return
		}
	}
	_ = c.CloseWrite()
	s.ended()
	_, _ = p.in.R.WriteTo(discard{}) // a close with bytes unread would be a reset
}

type discard struct{}

func (discard) Write(b []byte) (int, error) { return len(b), nil }

// ended tells whoever waits for it that a connection was ended.
func (s *server) ended() {
	select {
	case s.closed <- struct{}{}:
	default:
	}
}

// request reads a request.
func request(p *peer) bool {
	if _, err := p.in.ReadLine(); err != nil {
		return false
	}
	h, err := p.in.ReadMIMEHeader()
	p.srv.mu.Lock()
	p.srv.ids = append(p.srv.ids, h.Get(haproxy.CaptureHeader))
	p.srv.mu.Unlock()
	return err == nil
}

// wait waits until the client has its answer.
func wait(p *peer) bool {
	<-p.srv.gate
	return true
}

// read lists the ids of the requests that were read.
func (s *server) read() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.ids...)
}

// say writes text.
func say(text string) act {
	return func(p *peer) bool {
		_, err := p.net.Write([]byte(text))
		return err == nil
	}
}

// reset ends the connection with a reset, whatever was read.
func reset(p *peer) bool {
	_ = p.net.SetLinger(0)
	_ = p.net.Close()
	p.srv.ended()
	return false
}

// hold keeps the connection until the client ends it.
func hold(p *peer) bool {
	_, _ = p.in.R.WriteTo(discard{})
	return false
}

func script(acts ...act) []act { return acts }

// records collects what a prober hands out.
type records struct {
	mu  sync.Mutex
	all []*history.Request
}

func (r *records) emit(e history.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = append(r.all, e.(*history.Request))
}

func (r *records) list() []*history.Request {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]*history.Request(nil), r.all...)
}

// target asks the server at address.
func target(address string) Target {
	return Target{
		Address: address, Path: "/", Timeout: 5 * time.Second, Status: []int{200},
		Bodies: map[string]string{"bk_app/nginx1": "nginx1\n", "bk_app/nginx2": pageText},
	}
}

func prober(t *testing.T, target Target) (*Prober, *records) {
	t.Helper()
	rec := &records{}
	return New(target, time.Now(), rec.emit), rec
}

// reused is a connection that has carried one request, and how to send the
// next one on it.
type reused struct {
	p *Prober
	c *conn
	n int
}

func reuse(t *testing.T, s *server) *reused {
	t.Helper()
	p, _ := prober(t, target(s.addr))
	c, err := p.open()
	if err != nil {
		t.Fatal(err)
	}
	u := &reused{p: p, c: c}
	if r := u.send(); r.Outcome != history.OK {
		t.Fatalf("the first request: %+v", r)
	}
	return u
}

// send sends one request. It ends the connection when it cannot carry on.
func (u *reused) send() history.Request {
	u.n++
	r := history.Request{ID: "kept-" + strings.Repeat("i", u.n), Lane: "kept", Intended: history.Since(u.p.started)}
	err := u.c.begin(&r, u.p.page, false)
	if err != nil {
		u.p.conclude(&r, err)
		u.c.close()
	} else if !u.c.follow(&r) {
		u.c.close()
	}
	return r
}

// waitClosed returns when the close of the other side has come in.
func (u *reused) waitClosed(t *testing.T, s *server) {
	t.Helper()
	close(s.gate)
	<-s.closed
	for deadline := time.Now().Add(5 * time.Second); u.c.look() == nil; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			u.c.close() // the server waits for it
			t.Fatal("the close has not come in")
		}
	}
}
