package probe

import (
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/http2"

	"halab/internal/haproxy/haproxytest"
	"halab/internal/history"
)

// TestH2Outcomes: what becomes of the second request of a connection, by what
// the other side does with it.
func TestH2Outcomes(t *testing.T) {
	for _, c := range []struct {
		name    string
		outcome history.Outcome
		says    string // part of the error
		play    func(p *h2Peer, id uint32)
	}{
		{"good", history.OK, "", func(p *h2Peer, id uint32) { p.good(id) }},
		{"an interim answer", history.OK, "", func(p *h2Peer, id uint32) { p.head(id, false, ":status", "103"); p.good(id) }},
		{"trailers", history.OK, "", func(p *h2Peer, id uint32) {
			p.status(id, 200, false)
			p.body(id, false, pageText)
			p.head(id, true, "x-trailer", "1")
		}},
		{"a graceful GOAWAY and the answer", history.OK, "", func(p *h2Peer, id uint32) {
			_ = p.WriteGoAway(id, http2.ErrCodeNo, nil)
			p.good(id)
		}},
		{"GOAWAY below", history.Stale, "GOAWAY (last stream 1", func(p *h2Peer, id uint32) { _ = p.WriteGoAway(id-2, http2.ErrCodeNo, nil) }},
		{"GOAWAY below and a close", history.Stale, "GOAWAY", func(p *h2Peer, id uint32) {
			_ = p.WriteGoAway(id-2, http2.ErrCodeNo, nil)
			p.half()
		}},
		{"refused", history.Reset, "REFUSED_STREAM", func(p *h2Peer, id uint32) { _ = p.WriteRSTStream(id, http2.ErrCodeRefusedStream) }},
		{"reset", history.Reset, "INTERNAL_ERROR", func(p *h2Peer, id uint32) { _ = p.WriteRSTStream(id, http2.ErrCodeInternal) }},
		{"reset in the body", history.Truncated, "CANCEL", func(p *h2Peer, id uint32) {
			p.status(id, 200, false)
			p.body(id, false, pageText[:3])
			_ = p.WriteRSTStream(id, http2.ErrCodeCancel)
		}},
		{"closed", history.InFlight, "EOF", func(p *h2Peer, id uint32) { p.half() }},
		{"GOAWAY at it and a close", history.InFlight, "after GOAWAY", func(p *h2Peer, id uint32) {
			_ = p.WriteGoAway(id, http2.ErrCodeNo, nil)
			p.half()
		}},
		{"closed in the body", history.Truncated, "EOF", func(p *h2Peer, id uint32) {
			p.status(id, 200, false)
			p.body(id, false, pageText[:3])
			p.half()
		}},
		{"a body that ends too early", history.Truncated, "EOF", func(p *h2Peer, id uint32) {
			p.head(id, false, ":status", "200", "content-length", "7")
			p.body(id, true, pageText[:3])
		}},
		{"no answer", history.Timeout, "", func(*h2Peer, uint32) {}},
		{"half an answer", history.Timeout, "", func(p *h2Peer, id uint32) { p.status(id, 200, false) }},
		{"another page", history.WrongBody, "", func(p *h2Peer, id uint32) {
			p.status(id, 200, false)
			p.body(id, true, "nginx1\n")
		}},
		{"no page", history.WrongBody, "", func(p *h2Peer, id uint32) { p.status(id, 200, true) }},
		{"503 of the proxy", history.Proxy5xx, "", func(p *h2Peer, id uint32) { p.head(id, true, ":status", "503") }},
		{"500 of a server", history.Server5xx, "", func(p *h2Peer, id uint32) { p.status(id, 500, true) }},
		{"404", history.BadStatus, "", func(p *h2Peer, id uint32) { p.status(id, 404, true) }},
		{"a longer body", history.Malformed, "content-length", func(p *h2Peer, id uint32) {
			p.head(id, false, ":status", "200", "content-length", "3")
			p.body(id, true, pageText)
		}},
		{"two lengths", history.Malformed, "content-length", func(p *h2Peer, id uint32) {
			p.head(id, true, ":status", "200", "content-length", "3", "content-length", "4")
		}},
		{"data before the headers", history.Malformed, "before the headers", func(p *h2Peer, id uint32) { p.body(id, true, pageText) }},
		{"no status", history.Malformed, "status", func(p *h2Peer, id uint32) { p.head(id, true, "server", "x") }},
		{"status 101", history.Malformed, "101", func(p *h2Peer, id uint32) { p.head(id, true, ":status", "101") }},
		{"a header of HTTP/1.1", history.Malformed, "transfer-encoding", func(p *h2Peer, id uint32) {
			p.head(id, true, ":status", "200", "transfer-encoding", "chunked")
		}},
		{"interim answers without end", history.Malformed, "interim", func(p *h2Peer, id uint32) {
			for range maxInterim + 1 {
				p.head(id, false, ":status", "103")
			}
		}},
		{"headers twice", history.Malformed, "headers after", func(p *h2Peer, id uint32) {
			p.status(id, 200, false)
			p.status(id, 200, false)
		}},
		{"a stream that nobody opened", history.Malformed, "nobody opened", func(p *h2Peer, id uint32) { p.status(id+2, 200, true) }},
		{"a push", history.Malformed, "push", func(p *h2Peer, id uint32) {
			_ = p.WritePushPromise(http2.PushPromiseParam{StreamID: id, PromiseID: 2, EndHeaders: true})
		}},
		{"a window too large", history.Malformed, "window", func(p *h2Peer, id uint32) { _ = p.WriteWindowUpdate(0, maxWindow) }},
		{"a stream's window too large", history.Malformed, "window", func(p *h2Peer, id uint32) { _ = p.WriteWindowUpdate(id, maxWindow) }},
		{"GOAWAY that takes back", history.Malformed, "last stream", func(p *h2Peer, id uint32) {
			_ = p.WriteGoAway(id, http2.ErrCodeNo, nil)
			_ = p.WriteGoAway(id+2, http2.ErrCodeNo, nil)
		}},
		{"garbage", history.Malformed, "http/2", func(p *h2Peer, id uint32) { _, _ = p.net.Write([]byte(good)) }},
		{"a frame too large", history.Malformed, "frame too large", func(p *h2Peer, id uint32) {
			p.status(id, 200, false)
			p.body(id, false, strings.Repeat("x", 1<<15))
		}},
		{"headers that cannot be read", history.Malformed, "http/2", func(p *h2Peer, id uint32) {
			_ = p.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: []byte{0xff, 0xff, 0xff, 0xff, 0xff}, EndHeaders: true})
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			to := serveH2(t, func(n int, p *h2Peer) {
				p.greet()
				p.good(p.request())
				c.play(p, p.request())
			})
			if to.Timeout = 5 * time.Second; c.outcome == history.Timeout {
				to.Timeout = 2 * time.Second
			}
			a := ask2(t, to, 1)
			if r := a.get(); r.Outcome != history.OK || r.Reuse != 0 || r.Conn != 1 || r.Port == 0 {
				t.Fatalf("the first: %+v", r)
			}
			r := a.get()
			if r.Outcome != c.outcome || !strings.Contains(r.Error, c.says) {
				t.Errorf("%+v, want %s (%s)", r, c.outcome, c.says)
			}
			if r.Reuse != 1 || r.Conn != 1 || (r.Sent == 0) != (c.outcome == history.Stale) {
				t.Errorf("%+v", r)
			}
			if c.outcome == history.OK && (r.Header != "nginx/1.18.0" || r.Server != "bk_app/nginx2" || r.Got != 7 || r.Want != 7 || r.First < r.Sent) {
				t.Errorf("%+v", r)
			}
		})
	}
}

// TestH2GoesOn: a stream's fault is its own, and after a GOAWAY there is
// another connection.
func TestH2GoesOn(t *testing.T) {
	to := serveH2(t, func(n int, p *h2Peer) {
		p.greet()
		_ = p.WriteRSTStream(p.request(), http2.ErrCodeInternal)
		id := p.request()
		_ = p.WritePing(false, [8]byte{1})
		pong := p.until(func(f http2.Frame) bool { return f.Header().Type == http2.FramePing })
		if pong != nil && pong.(*http2.PingFrame).IsAck() && pong.(*http2.PingFrame).Data == [8]byte{1} {
			p.good(id)
		}
		_ = p.WriteGoAway(id, http2.ErrCodeNo, nil)
	})
	a := ask2(t, to, 1)
	first, second := a.get(), a.get()
	if first.Outcome != history.Reset || second.Outcome != history.OK || second.Conn != first.Conn {
		t.Errorf("%+v\n%+v", first, second)
	}
	h := a.s.(*h2)
	for h.conns[0].takes() { // the GOAWAY is on its way
		time.Sleep(time.Millisecond)
	}
	if r := a.get(); r.Conn == first.Conn || r.Reuse != 0 || r.Outcome != history.Reset {
		t.Errorf("%+v, want it on another connection", r)
	}
}

// TestH2Limit: no more requests at once than the other side allows; those
// beyond get a connection of their own.
func TestH2Limit(t *testing.T) {
	arrived, answer := make(chan struct{}), make(chan struct{})
	to := serveH2(t, func(n int, p *h2Peer) {
		p.greet(http2.Setting{ID: http2.SettingMaxConcurrentStreams, Val: 1})
		p.good(p.request())
		for id := p.request(); id > 0; id = p.request() {
			arrived <- struct{}{}
			<-answer
			p.good(id)
		}
	})
	to.Timeout = 5 * time.Second
	a := ask2(t, to, 1)
	if r := a.get(); r.Outcome != history.OK {
		t.Fatal(r)
	}
	held := a.begin()
	<-arrived
	other := a.get()
	answer <- struct{}{}
	if r := held(); r.Outcome != history.OK || other.Outcome != history.OK || r.Conn == other.Conn {
		t.Errorf("%+v\n%+v", r, other)
	}
}

// TestH2LargeBody: windows are given back, over more than both hold, and every
// byte is compared. The other side is an implementation of somebody else's.
func TestH2LargeBody(t *testing.T) {
	page := strings.Repeat("0123456789abcdef", (connWindow+connWindow/4)/16)
	to := serveTLS(t, []string{"h2"}, func(_ int, c *tls.Conn) {
		//nolint:staticcheck // the only way to serve a connection that is there already
		(&http2.Server{}).ServeConn(c, &http2.ServeConnOpts{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("X-Halab-Server", "bk_app/nginx2")
			text := page
			if r.Header.Get("X-Halab-Id") == "h2-2" {
				text = page[:len(page)-1] + "x"
			}
			_, _ = w.Write([]byte(text))
		})})
	})
	to.Bodies = map[string]string{"bk_app/nginx2": page}
	to.Timeout = 30 * time.Second
	a := ask2(t, to, 1)
	for _, want := range []history.Outcome{history.OK, history.WrongBody} {
		if r := a.get(); r.Outcome != want || r.Got != int64(len(page)) {
			t.Errorf("%+v, want %s", r, want)
		}
	}
}

// TestH2Connect: what keeps a connection from being made, and is every
// waiting request's outcome.
func TestH2Connect(t *testing.T) {
	_, other := certificates(t)
	silent := serveRaw(t, func(_ int, c net.Conn) { _, _ = c.Read(make([]byte, 1<<16)); _, _ = c.Read(make([]byte, 1)) })
	silent.Timeout = time.Second
	stranger := serveH2(t, func(int, *h2Peer) {})
	stranger.CA = other.Pool
	refused := target(haproxytest.Refused(t))
	refused.TLS = refused.Address
	for _, c := range []struct {
		name    string
		to      Target
		outcome history.Outcome
		says    string
		h2      bool // of the lane h2 alone
	}{
		{"refused", refused, history.Refused, "refused", false},
		{"a certificate of another CA", stranger, history.Handshake, "certificate", false},
		{"no TLS", serveRaw(t, func(_ int, c net.Conn) { _, _ = c.Write([]byte(good)) }), history.Handshake, "TLS", false},
		{"closed at once", serveRaw(t, func(_ int, c net.Conn) { _, _ = c.Read(make([]byte, 1<<16)) }), history.Closed, "EOF", false},
		{"silent", silent, history.Timeout, "", false},
		{"no alpn", serveTLS(t, nil, func(int, *tls.Conn) {}), history.Handshake, "alpn", true},
		{"no settings", serveH2(t, func(_ int, p *h2Peer) { p.good(p.request()) }), history.Malformed, "before the settings", true},
	} {
		lanes := map[string]func(p *Prober) sender{"h2": func(p *Prober) sender { return ask2(t, c.to, 1).s }}
		if !c.h2 {
			lanes["tls"] = func(p *Prober) sender { return newTLSFor(p) }
		}
		for lane, open := range lanes {
			p, _ := prober(t, c.to)
			a := &asker{p: p, s: open(p)}
			if lane == "h2" {
				a.p = a.s.(*h2).p
			}
			if r := a.get(); r.Outcome != c.outcome || !strings.Contains(r.Error, c.says) || r.First != 0 && !c.h2 ||
				(r.Conn == 0) != (c.outcome == history.Refused) || (r.Sent == 0) != (c.outcome != history.Malformed) {
				t.Errorf("%s on %s: %+v, want %s (%s)", c.name, lane, r, c.outcome, c.says)
			}
		}
	}
}

// FuzzH2 reads whatever may come: without a panic, and a request has one
// outcome.
func FuzzH2(f *testing.F) {
	var bytes fuzzSeed
	p := &h2Peer{Framer: http2.NewFramer(&bytes, nil)}
	p.seed(func(p *h2Peer) { p.greet(); p.good(1) }, f, &bytes)
	p.seed(func(p *h2Peer) { p.greet(); p.status(1, 200, false); _ = p.WriteRSTStream(1, http2.ErrCodeCancel) }, f, &bytes)
	p.seed(func(p *h2Peer) {
		p.greet()
		_ = p.WriteGoAway(0, http2.ErrCodeNo, nil)
		_ = p.WritePing(false, [8]byte{})
	}, f, &bytes)
	p.seed(func(p *h2Peer) { p.greet(); _ = p.WriteWindowUpdate(1, 1<<30); p.head(1, true, "a", "b") }, f, &bytes)
	f.Fuzz(func(t *testing.T, in []byte) {
		prober := New(target("127.0.0.1:1"), time.Now(), func(history.Event) {})
		c := bareH2(prober, in)
		r := &history.Request{ID: "h2-1"}
		s := &stream{c: c, r: r, id: 1, done: make(chan error, 1), length: -1}
		c.streams[1], c.used = s, 1
		err := c.read()
		if err == nil {
			t.Fatal("the connection did not end")
		}
		c.fail(err)
		prober.conclude(r, <-s.done)
		if r.Outcome == history.OK && (r.Got != int64(len(pageText)) || r.Status != 200) {
			t.Errorf("%+v", r)
		}
		if r.Outcome == "" || len(s.done) > 0 {
			t.Errorf("%+v, and more", r)
		}
		var bad malformed
		if errors.As(err, &bad) && len(bad) > 2000 {
			t.Errorf("an error of %d bytes", len(bad))
		}
	})
}
