package probe

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"halab/internal/haproxy/haproxytest"
	"halab/internal/history"
	"halab/internal/render"
	"halab/internal/scenario"
	"halab/internal/streamorigin"
)

const eventsHead = "HTTP/1.1 200 OK\r\nserver: nginx/1.18.0\r\nx-halab-server: bk_app/nginx2\r\ncontent-type: text/event-stream\r\n\r\n"

func event(n int) string { return fmt.Sprintf("data: stream-1 message %d\n\n", n) }

// oneStream is what becomes of the first stream of that kind.
func oneStream(t *testing.T, to Target, kind func(*streams) held, ctx context.Context) *history.Request {
	t.Helper()
	p, rec := prober(t, to)
	s := &streams{p: p, every: 10 * time.Millisecond}
	s.one(ctx, time.Since(p.started), kind(s))
	all := rec.list()
	if len(all) != 1 {
		t.Fatalf("%d records of one stream", len(all))
	}
	return all[0]
}

// patienceFor is how long a stream is waited for that is to end so.
func patienceFor(outcome history.Outcome) time.Duration {
	if outcome == history.Timeout {
		return time.Second
	}
	return 10 * time.Second
}

func asEvents(s *streams) held    { return s.events }
func asWebSocket(s *streams) held { return s.websocket }

// TestEventStreams: everything that the other side can do to a stream of
// events.
func TestEventStreams(t *testing.T) {
	chunked := strings.Replace(eventsHead, "\r\n\r\n", "\r\ntransfer-encoding: chunked\r\n\r\n", 1)
	chunk := func(text string) string { return fmt.Sprintf("%x\r\n%s\r\n", len(text), text) }
	for _, c := range []struct {
		name    string
		script  []act
		outcome history.Outcome
		got     int64
	}{
		{"never answered", script(request), history.Closed, 0},
		{"a 503 of the proxy", script(request, say("HTTP/1.1 503 No\r\ncontent-length: 0\r\n\r\n")), history.Proxy5xx, 0},
		{"closed", script(request, say(eventsHead+event(1)+event(2))), history.Truncated, 36},
		{"closed within an event", script(request, say(eventsHead+event(1)+"data: stream-1 mess")), history.Truncated, 18},
		{"ended, but by nobody's wish", script(request, say(chunked+chunk(event(1))+"0\r\n\r\n")), history.Truncated, 18},
		{"its end announced, but by nobody's wish", script(request, say(chunked+chunk(event(1)+"event: end\ndata:\n\n")+"0\r\n\r\n")), history.Truncated, 18},
		{"reset", script(request, say(eventsHead+event(1)), reset), history.Truncated, 18},
		{"one missing", script(request, say(eventsHead+event(1)+event(3)), hold), history.WrongBody, 18},
		{"one doubled", script(request, say(eventsHead+event(1)+event(1)), hold), history.WrongBody, 18},
		{"one of another stream", script(request, say(eventsHead+event(1)+"data: stream-2 message 2\n\n"), hold), history.WrongBody, 18},
		{"one behind the last", script(request, say(eventsHead+event(1)+"event: end\ndata:\n\n"+event(2)), hold), history.Malformed, 18},
		{"a line without an end", script(request, say(eventsHead+"data: "+strings.Repeat("x", 5000)), hold), history.Malformed, 0},
		{"silent", script(request, say(eventsHead+event(1)), hold), history.Timeout, 18},
		{"silent from the start", script(request, say(eventsHead), hold), history.Timeout, 0},
		{"comments and line ends", script(request, drip(eventsHead+": a comment\nretry: 9\n"+event(1)), hold), history.Timeout, 18},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			to := target(serve(t, c.script).addr)
			to.Timeout, to.EndStreams = patienceFor(c.outcome), func() {}
			r := oneStream(t, to, asEvents, t.Context())
			if r.Outcome != c.outcome || r.Got != c.got || c.got > 0 && r.Want <= r.Got {
				t.Errorf("%+v, want %s with %d bytes", r, c.outcome, c.got)
			}
		})
	}
}

// TestWebSockets: everything that the other side can do to a WebSocket.
func TestWebSockets(t *testing.T) {
	answering := func(f func(c *websocket.Conn, n int, message []byte) bool) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Server", "nginx/1.18.0")
			c, err := websocket.Accept(w, r, nil)
			if err != nil {
				return
			}
			defer func() { _ = c.CloseNow() }()
			for n := 1; ; n++ {
				_, message, err := c.Read(r.Context())
				if err != nil || !f(c, n, message) {
					return
				}
			}
		}
	}
	back := func(c *websocket.Conn, message []byte) bool {
		return c.Write(context.Background(), websocket.MessageText, message) == nil
	}
	for _, c := range []struct {
		name    string
		handler http.HandlerFunc
		outcome history.Outcome
	}{
		{"cut", answering(func(c *websocket.Conn, n int, m []byte) bool { return n < 3 && back(c, m) }), history.Truncated},
		{"closed properly, but by nobody's wish", answering(func(c *websocket.Conn, n int, m []byte) bool {
			if n == 3 {
				_ = c.Close(websocket.StatusGoingAway, "")
			}
			return back(c, m)
		}), history.Truncated},
		{"one changed", answering(func(c *websocket.Conn, n int, m []byte) bool {
			return back(c, bytes.Replace(m, []byte("message 3"), []byte("message 4"), 1))
		}), history.WrongBody},
		{"one missing", answering(func(c *websocket.Conn, n int, m []byte) bool { return n == 2 || back(c, m) }), history.WrongBody},
		{"one doubled", answering(func(c *websocket.Conn, n int, m []byte) bool {
			if n == 2 {
				_ = back(c, m)
			}
			return back(c, m)
		}), history.WrongBody},
		{"silent", answering(func(c *websocket.Conn, n int, m []byte) bool { return n > 3 || back(c, m) }), history.Timeout},
		{"no WebSocket", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }, history.BadStatus},
		{"a page", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("page")) }, history.BadStatus},
		{"a redirect", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/", http.StatusFound) }, history.BadStatus},
		{"a 500", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Server", "nginx/1.18.0")
			w.WriteHeader(500)
		}, history.Server5xx},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var asked atomic.Int64
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				asked.Add(1)
				c.handler(w, r)
			}))
			defer s.Close()
			to := target(s.Listener.Addr().String())
			to.Timeout = patienceFor(c.outcome)
			r := oneStream(t, to, asWebSocket, t.Context())
			if r.Outcome != c.outcome || asked.Load() != 1 {
				t.Errorf("%+v after %d requests, want %s after one", r, asked.Load(), c.outcome)
			}
		})
	}
}

// TestWebSocketHandshakes: answers that no server may give, and ends of the
// connection before there is one.
func TestWebSocketHandshakes(t *testing.T) {
	const switching = "HTTP/1.1 101 Switching Protocols\r\nserver: nginx/1.18.0\r\nupgrade: websocket\r\nconnection: upgrade\r\n"
	for _, c := range []struct {
		name    string
		script  []act
		outcome history.Outcome
	}{
		{"another's key", script(request, say(switching+"sec-websocket-accept: bm8=\r\n\r\n"), hold), history.Malformed},
		{"no key", script(request, say(switching+"\r\n"), hold), history.Malformed},
		{"closed", script(request), history.Closed},
		{"reset", script(request, reset), history.Reset},
		{"cut", script(request, say(switching)), history.Truncated},
		{"no answer", script(request, hold), history.Timeout},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, c.script)
			to := target(s.addr)
			to.Timeout = patienceFor(c.outcome)
			r := oneStream(t, to, asWebSocket, t.Context())
			s.mu.Lock()
			defer s.mu.Unlock()
			if r.Outcome != c.outcome || len(s.ids) != 1 || s.ids[0] != "stream-1" {
				t.Errorf("%+v, asked %q; want %s", r, s.ids, c.outcome)
			}
		})
	}
	l := httptest.NewServer(nil)
	l.Close()
	if r := oneStream(t, target(l.Listener.Addr().String()), asWebSocket, t.Context()); r.Outcome != history.Refused || r.Conn != 0 {
		t.Errorf("%+v, want %s", r, history.Refused)
	}
}

// TestStreamsAtTheOrigin: the whole lane at the origin itself, without
// anything in between. All end whole when the traffic does.
func TestStreamsAtTheOrigin(t *testing.T) {
	path := filepath.Join(t.TempDir(), render.StreamSocket)
	o, err := streamorigin.Listen(path, 10*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	to := target(relay(t, path))
	to.EndStreams = o.End
	p, rec := prober(t, to)
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(2*time.Second, cancel)
	p.Run(ctx, scenario.Traffic{Stream: &scenario.Stream{Connections: 7, Every: scenario.Duration(10 * time.Millisecond)}})
	statuses := map[int]int{}
	for _, r := range rec.list() {
		statuses[r.Status]++
		if r.Outcome != history.OK || r.Got < 100 || r.Got != r.Want || r.Quiet < history.Micros(5000) {
			t.Errorf("%+v", r)
		}
	}
	if statuses[101] != 4 || statuses[200] != 3 {
		t.Errorf("streams by status %v", statuses)
	}
}

// TestAnotherStreamTakesItsPlace: a lane goes on when its streams are lost,
// one record each, numbered without a gap.
func TestAnotherStreamTakesItsPlace(t *testing.T) {
	to := target(serve(t, script(request, say(eventsHead))).addr)
	p, rec := prober(t, to)
	ctx, cancel := context.WithCancel(t.Context())
	var over history.Micros
	time.AfterFunc(500*time.Millisecond, func() { over = history.Since(p.started); cancel() })
	p.Run(ctx, scenario.Traffic{Stream: &scenario.Stream{Connections: 2, Every: scenario.Duration(20 * time.Millisecond)}})
	ids := map[string]bool{}
	for _, r := range rec.list() {
		ids[r.ID] = true
		if r.Outcome == history.OK && r.Done < over { // one that is there at the end of the traffic may end
			t.Errorf("%+v", r)
		}
	}
	for n := range len(ids) {
		if !ids[fmt.Sprintf("stream-%d", n+1)] {
			t.Errorf("no stream-%d of %d", n+1, len(ids))
		}
	}
	if len(ids) < 5 || len(ids) != len(rec.list()) {
		t.Errorf("%d streams, %d records", len(ids), len(rec.list()))
	}
}

// relay is a way to a unix socket over TCP.
func relay(t *testing.T, path string) string {
	t.Helper()
	l := haproxytest.Listen(t)
	var conns sync.WaitGroup
	conns.Go(func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			out, err := net.Dial("unix", path)
			if err != nil {
				_ = in.Close()
				continue
			}
			pipe := func(to, from net.Conn) {
				_, _ = io.Copy(to, from)
				_ = to.Close()
			}
			conns.Go(func() { pipe(in, out) })
			conns.Go(func() { pipe(out, in) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		conns.Wait()
	})
	return l.Addr().String()
}
