package probe

import (
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"

	"halab/internal/haproxy/haproxytest"
	"halab/internal/history"
)

const proxyConfig = `
global
	stats socket DIR/admin.sock mode 600 level admin
defaults
	mode http
	timeout connect 5s
	timeout client 10s
	timeout server %s
	retries 0
frontend app
	bind fd@3
	timeout http-keep-alive 20ms
	default_backend bk_app
backend bk_app
	http-response set-header X-Halab-Server %%b/%%s
	server nginx2 %s%s
`

// behind starts a HAProxy in front of the server at address and returns where
// it listens.
func behind(t *testing.T, h haproxytest.HAProxy, serverTimeout, address, more string) string {
	t.Helper()
	l := haproxytest.Listen(t)
	h.Start(t, fmt.Sprintf(proxyConfig, serverTimeout, address, more), l)
	return l.Addr().String()
}

// serverTimeout is short where HAProxy is to give up, and else longer than a
// busy machine keeps it waiting.
func serverTimeout(short bool) string {
	if short {
		return "500ms"
	}
	return "10s"
}

const plainHead = "HTTP/1.1 200 OK\r\nServer: nginx/1.18.0\r\nContent-Length: 7\r\n\r\n"

// misdeed is what a server behind HAProxy does, and what the prober has to see.
type misdeed struct {
	name    string
	script  []act
	more    string // on HAProxy's server line
	outcome history.Outcome
	status  int
	waits   bool // HAProxy gives up
}

// misdeeds look the same whatever the client speaks to HAProxy.
var misdeeds = []misdeed{
	{"right", script(request, say(plainHead+pageText)), "", history.OK, 200, false},
	{"wrong page", script(request, say(plainHead+"nginx1\n")), "", history.WrongBody, 200, false},
	{"a 500 of the server", script(request, say("HTTP/1.1 500 No\r\nServer: nginx/1.18.0\r\nContent-Length: 0\r\n\r\n")), "", history.Server5xx, 500, false},
	{"closed before the headers", script(request), "", history.Proxy5xx, 502, false},
	{"silent", script(request, hold), "", history.Proxy5xx, 504, true},
	{"no server", script(hold), " disabled", history.Proxy5xx, 503, false},
	{"closed in the body", script(request, say(plainHead+"ngi")), "", history.Truncated, 200, false},
	{"stalled in the body", script(request, say(plainHead+"ngi"), hold), "", history.Truncated, 200, true},
}

// TestBehindHAProxy: the losses that HAProxy makes of its server's faults.
func TestBehindHAProxy(t *testing.T) {
	chunked := misdeed{"closed in a chunk", script(request, say("HTTP/1.1 200 OK\r\nServer: nginx/1.18.0\r\nTransfer-Encoding: chunked\r\n\r\n7\r\nngi")), "", history.Truncated, 200, false}
	haproxytest.Each(t, func(t *testing.T, h haproxytest.HAProxy) {
		for _, c := range append(slices.Clone(misdeeds), chunked) {
			t.Run(c.name, func(t *testing.T) {
				s := serve(t, c.script)
				p, _ := prober(t, target(behind(t, h, serverTimeout(c.waits), s.addr, c.more)))
				r := p.Get(t.Context())
				if r.Outcome != c.outcome || r.Status != c.status {
					t.Errorf("%+v, want %s, status %d", r, c.outcome, c.status)
				}
				if c.outcome == history.OK && (r.Server != "bk_app/nginx2" || r.Header != "nginx/1.18.0") {
					t.Errorf("answered by %q, %q", r.Server, r.Header)
				}
			})
		}
	})
}

// TestHAProxyClosesIdle: HAProxy's own close of an idle connection is stale,
// and costs no request but the one that meets it.
func TestHAProxyClosesIdle(t *testing.T) {
	haproxytest.Each(t, func(t *testing.T, h haproxytest.HAProxy) {
		s := serve(t, script(request, say(strings.Replace(good, "x-halab-server: bk_app/nginx2\r\n", "", 1)), hold))
		p, _ := prober(t, target(behind(t, h, "10s", s.addr, "")))
		k := kept{p: p, size: 1}
		defer k.end()
		for i, r := range inTurn(t, &k, 6) {
			if want := []history.Outcome{history.OK, history.Stale}[i%2]; r.Outcome != want {
				t.Errorf("%+v, want %s", r, want)
			}
		}
	})
}

// TestNoListener: what a HAProxy that is gone looks like.
func TestNoListener(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p, _ := prober(t, target(l.Addr().String()))
	c, err := p.open() // in the accept queue, and never accepted
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
	defer c.close()
	r := history.Request{ID: "new-1", Lane: "new", Intended: history.Since(p.started)}
	err = c.begin(&r, p.page, true)
	if err == nil {
		c.follow(&r)
	} else {
		p.conclude(&r, err)
	}
	if r.Outcome != history.Reset || r.Conn == 0 {
		t.Errorf("%+v, want %s on a connection that was made", r, history.Reset)
	}
}
