package probe

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"halab/internal/haproxy/haproxytest"
	"halab/internal/history"
	"halab/internal/scenario"
)

// behindTLS starts a HAProxy with ssl in front of the server at address, and
// returns what the prober is to ask.
func behindTLS(t *testing.T, h haproxytest.HAProxy, serverTimeout, address, more string) Target {
	t.Helper()
	_, made := certificates(t)
	crt := filepath.Join(t.TempDir(), "lab.pem")
	if err := os.WriteFile(crt, made.Server, 0o600); err != nil {
		t.Fatal(err)
	}
	l := haproxytest.Listen(t)
	h.Start(t, fmt.Sprintf(tlsConfig, serverTimeout, crt, address, more), l)
	to := target(l.Addr().String())
	to.TLS, to.CA, to.Timeout = to.Address, made.Pool, 5*time.Second
	return to
}

const tlsConfig = `
global
	stats socket DIR/admin.sock mode 600 level admin
defaults
	mode http
	timeout connect 1s
	timeout client 10s
	timeout server %s
	retries 0
frontend app
	bind fd@3 ssl crt %s alpn h2,http/1.1
	default_backend bk_app
backend bk_app
	http-response set-header X-Halab-Server %%b/%%s
	server nginx2 %s%s
`

// TestTLSBehindHAProxy: the losses that HAProxy makes of its server's faults,
// as they look over TLS and HTTP/2.
func TestTLSBehindHAProxy(t *testing.T) {
	haproxytest.Each(t, func(t *testing.T, h haproxytest.HAProxy) {
		for _, c := range misdeeds {
			s := serve(t, c.script)
			to := behindTLS(t, h, serverTimeout(c.waits), s.addr, c.more)
			p, _ := prober(t, to)
			for name, lane := range map[string]sender{"tls": newTLS(p, scenario.Traffic{}), "h2": newH2(p, scenario.Traffic{H2: &scenario.H2{Rate: 1}})} {
				a := &asker{p: p, s: lane}
				r := a.get()
				if r.Outcome == history.Reset && name == "h2" && c.name == "closed before the headers" {
					// HAProxy 2.2 and 2.6 refuse a stream that the server has
					// read, and 3.0 answers 502.
					if !strings.Contains(r.Error, "REFUSED_STREAM") || len(s.read()) == 0 || r.Sent == 0 {
						t.Errorf("%+v", r)
					}
				} else if r.Outcome != c.outcome || r.Status != c.status || r.Conn == 0 || r.Port == 0 || r.Sent == 0 {
					t.Errorf("%s over %s: %+v, want %s", c.name, name, r, c.outcome)
				}
				lane.end()
			}
		}
	})
}
