package probe

import (
	"bytes"
	"crypto/tls"
	"io"
	"net"
	"strconv"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"halab/internal/haproxy/haproxytest"
	"halab/internal/history"
	"halab/internal/lab"
	"halab/internal/scenario"
)

// certificates are those of a lab: what its server shows, and whom to believe.
func certificates(t *testing.T) (tls.Certificate, lab.Certificates) {
	t.Helper()
	c, err := lab.NewCertificates(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	pair, err := tls.X509KeyPair(c.Server, c.Server)
	if err != nil {
		t.Fatal(err)
	}
	return pair, c
}

// serveTLS runs a play on every connection, behind a handshake that offers
// these protocols, and returns what the prober is to ask.
func serveTLS(t *testing.T, protocols []string, play func(n int, c *tls.Conn)) Target {
	t.Helper()
	pair, made := certificates(t)
	to := serveRaw(t, func(n int, c net.Conn) {
		s := tls.Server(c, &tls.Config{Certificates: []tls.Certificate{pair}, NextProtos: protocols})
		if s.Handshake() == nil {
			play(n, s)
		}
	})
	to.CA = made.Pool
	return to
}

func serveRaw(t *testing.T, play func(n int, c net.Conn)) Target {
	t.Helper()
	l := haproxytest.Listen(t)
	var conns sync.WaitGroup
	conns.Go(func() {
		for n := 1; ; n++ {
			c, err := l.Accept()
			if err != nil {
				return
			}
			conns.Go(func() {
				defer c.Close()
				play(n, c)
			})
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		conns.Wait()
	})
	to := target(l.Addr().String())
	to.TLS = to.Address
	return to
}

// h2Peer is the scripted other side of one connection of HTTP/2.
type h2Peer struct {
	*http2.Framer
	net    *tls.Conn
	fields bytes.Buffer
	enc    *hpack.Encoder
}

// serveH2 runs a play on every connection, once it has its preface and the
// settings.
func serveH2(t *testing.T, play func(n int, p *h2Peer)) Target {
	return serveTLS(t, []string{"h2"}, func(n int, c *tls.Conn) {
		p := &h2Peer{Framer: http2.NewFramer(c, c), net: c}
		p.enc = hpack.NewEncoder(&p.fields)
		preface := make([]byte, len(http2.ClientPreface))
		if _, err := io.ReadFull(c, preface); err != nil || string(preface) != http2.ClientPreface {
			return
		}
		play(n, p)
		_, _ = io.Copy(io.Discard, c) // a close with bytes unread would be a reset
	})
}

// greet sends the settings.
func (p *h2Peer) greet(s ...http2.Setting) { _ = p.WriteSettings(s...) }

// request reads up to the next request, and returns its stream; 0 when the
// client has gone.
func (p *h2Peer) request() uint32 {
	f := p.until(func(f http2.Frame) bool { return f.Header().Type == http2.FrameHeaders })
	if f == nil {
		return 0
	}
	return f.Header().StreamID
}

func (p *h2Peer) until(is func(http2.Frame) bool) http2.Frame {
	for {
		f, err := p.ReadFrame()
		if err != nil {
			return nil
		}
		if is(f) {
			return f
		}
	}
}

// head sends headers: names and values in turn.
func (p *h2Peer) head(id uint32, end bool, fields ...string) {
	p.fields.Reset()
	for i := 0; i < len(fields); i += 2 {
		_ = p.enc.WriteField(hpack.HeaderField{Name: fields[i], Value: fields[i+1]})
	}
	_ = p.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: p.fields.Bytes(), EndHeaders: true, EndStream: end})
}

func (p *h2Peer) status(id uint32, status int, end bool) {
	p.head(id, end, ":status", strconv.Itoa(status), "server", "nginx/1.18.0", "x-halab-server", "bk_app/nginx2")
}

func (p *h2Peer) body(id uint32, end bool, text string) { _ = p.WriteData(id, end, []byte(text)) }

// good answers as it should be.
func (p *h2Peer) good(id uint32) {
	p.head(id, false, ":status", "200", "server", "nginx/1.18.0", "x-halab-server", "bk_app/nginx2", "content-length", "7")
	p.body(id, true, pageText)
}

// half ends the connection without a word, as a process that dies does.
func (p *h2Peer) half() { _ = p.net.NetConn().(*net.TCPConn).CloseWrite() }

// asker sends requests by a lane.
type asker struct {
	p *Prober
	s sender
	n int
}

func ask2(t *testing.T, to Target, connections int) *asker {
	t.Helper()
	p, _ := prober(t, to)
	a := &asker{p: p, s: newH2(p, scenario.Traffic{H2: &scenario.H2{Rate: 1, Connections: connections}})}
	t.Cleanup(a.s.end)
	return a
}

// begin sends a request; what it returns waits for the outcome.
func (a *asker) begin() func() *history.Request {
	a.n++
	r := &history.Request{ID: "h2-" + strconv.Itoa(a.n), Lane: "h2", Intended: history.Since(a.p.started)}
	follow := a.s.send(r)
	if follow == nil {
		return func() *history.Request { return r }
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		follow()
	}()
	return func() *history.Request {
		<-done
		return r
	}
}

func (a *asker) get() *history.Request { return a.begin()() }
