package haproxy_test

import (
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"halab/internal/haproxy"
	"halab/internal/haproxy/haproxytest"
)

// logTimeout bounds the wait for a log line.
const logTimeout = 20 * time.Second

// logLab is a HAProxy that logs to the test.
type logLab struct {
	http, tcp string // addresses of its frontends
	log       *net.UDPConn
}

func startLogLab(t *testing.T, h haproxytest.HAProxy) *logLab {
	t.Helper()
	log, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = log.Close() })
	server := haproxytest.Listen(t)
	go serve(server)
	refused := haproxytest.Refused(t)

	frontend, tcp := haproxytest.Listen(t), haproxytest.Listen(t)
	h.Start(t, logConfig(log.LocalAddr(), server.Addr(), refused), frontend, tcp)
	return &logLab{http: frontend.Addr().String(), tcp: tcp.Addr().String(), log: log}
}

func logConfig(log, server net.Addr, refused string) string {
	return fmt.Sprintf(`global
  stats socket DIR/admin.sock level admin
defaults
  log %s len %d format raw local0
  timeout connect 5s
  timeout client 5s
  timeout server 5s
frontend app
  mode http
  bind fd@3
  %s
  log-format %s
  use_backend bk_refused if { path /refused }
  use_backend bk_moved if { path /moved }
  default_backend bk_app
frontend plain
  mode tcp
  bind fd@4
  log-format %s
  default_backend bk_tcp
backend bk_app
  mode http
  server nginx1 %s
backend bk_tcp
  mode tcp
  server nginx1 %s
backend bk_refused
  mode http
  retries 1
  server nginx1 %s
backend bk_moved
  mode http
  retries 1
  option redispatch 1
  server nginx1 %s
  server nginx2 %s
`, log, haproxy.LogLength, strings.Join(haproxy.LogRules(), "\n  "), haproxy.QuoteArg(haproxy.LogFormat),
		haproxy.QuoteArg(haproxy.LogFormatTCP), server, server, refused, refused, server)
}

// serve answers every connection once.
func serve(l net.Listener) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		_, _ = conn.Read(make([]byte, 64<<10))
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
		_ = conn.Close()
	}
}

// request sends bytes on a connection of its own, reads the answer, and
// returns its first line and the local port.
func request(t *testing.T, address, text string) (string, int) {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := io.WriteString(conn, text); err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(conn)
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(answer), "\r\n")
	return first, conn.LocalAddr().(*net.TCPAddr).Port
}

// line reads the next traffic line.
func (l *logLab) line(t *testing.T) haproxy.LogLine {
	t.Helper()
	if err := l.log.SetReadDeadline(time.Now().Add(logTimeout)); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 64<<10)
	for {
		n, err := l.log.Read(buf)
		if err != nil {
			t.Fatal(err)
		}
		line, err := haproxy.ParseLogLine(buf[:n])
		if err == nil {
			return line
		}
		if buf[0] == '{' {
			t.Fatal(err)
		}
	}
}

func get(path, id string) string {
	return "GET " + path + " HTTP/1.1\r\nHost: halab\r\n" + haproxy.CaptureHeader + ": " + id + "\r\nConnection: close\r\n\r\n"
}

// hostile are requests whose id or URI is made to break a line of JSON.
var hostile = []struct {
	name, path, id  string
	wantURI, wantID string
}{
	{"harmless", "/", "new-17", "/", "new-17"},
	{"quotes", `/"a"\b`, `"},{"id":"x\"`, `/"a"\b`, `"},{"id":"x\"`},
	{"control bytes", "/", "a\x01\x1f\x7f\tb", "/", "a\x01\x1f\x7f\tb"},
	{"not UTF-8", "/", "a\xff\xfeb\xc3\xa9", "/", "aé"},
	{"log-format", "/%ST%[src]", "%{+Q}o %ci $HOME #", "/%ST%[src]", "%{+Q}o %ci $HOME #"},
	{"markup", "/</script>", "</script>&\u2028", "/</script>", "</script>&\u2028"},
	{"too long an id", "/", strings.Repeat(`"`, 100), "/", strings.Repeat(`"`, 64)},
	{"no id", "/", "", "/", ""},
	{"a dash", "/", "-", "/", ""},
}

func TestLogFormatHostileValues(t *testing.T) {
	haproxytest.Each(t, func(t *testing.T, h haproxytest.HAProxy) {
		lab := startLogLab(t, h)
		for _, tt := range hostile {
			status, port := request(t, lab.http, get(tt.path, tt.id))
			if status != "HTTP/1.1 200 OK" {
				t.Errorf("%s: %s", tt.name, status)
			}
			got := lab.line(t)
			// After a byte that is not UTF-8 the json converter drops what it
			// took for the rest of that character, not always the same.
			if tt.name == "not UTF-8" && strings.HasPrefix(got.ID, "a") && strings.HasSuffix(got.ID, "é") {
				got.ID = tt.wantID
			}
			if got.ID != tt.wantID || got.URI != tt.wantURI || got.ClientPort != port || got.Status != 200 {
				t.Errorf("%s: %+v; want port %d, id %q, uri %q", tt.name, got, port, tt.wantID, tt.wantURI)
			}
		}
		_, _ = request(t, lab.http, get("/"+strings.Repeat(`"`, 4000), strings.Repeat("\x01", 100)))
		if got := lab.line(t); len(got.URI) < 1000 || len(got.ID) != 64 || got.Status != 200 {
			t.Errorf("the longest line: %d bytes of URI, %d of id, %+v", len(got.URI), len(got.ID), got)
		}
	})
}

func TestLogFormatFields(t *testing.T) {
	haproxytest.Each(t, func(t *testing.T, h haproxytest.HAProxy) {
		lab := startLogLab(t, h)
		began := time.Now().UnixMicro()

		_, port := request(t, lab.http, get("/x", "a"))
		l := lab.line(t)
		if l.Frontend != "app" || l.Ref() != (haproxy.ServerRef{Backend: "bk_app", Server: "nginx1"}) || !l.State.Clean() ||
			l.Method != "GET" || l.ClientIP != "127.0.0.1" || l.ClientPort != port || l.Bytes < 20 || l.Actconn < 1 || l.Feconn < 1 {
			t.Errorf("served: %+v", l)
		}
		ended := time.Now().UnixMicro()
		// The accept date has milliseconds only.
		if l.AcceptUS < began-1000 || l.AcceptUS > l.RequestUS || l.RequestUS > l.EndUS || l.EndUS > ended {
			t.Errorf("times out of order: %d, %+v, %d", began, l, ended)
		}

		status, _ := request(t, lab.http, get("/refused", "b"))
		l = lab.line(t)
		if l.ID != "b" || l.State != "SC" || l.Status != 503 || l.Retries != 1 || l.Redispatched || l.Backend != "bk_refused" {
			t.Errorf("refused: %s, %+v", status, l)
		}

		// The first server of two refuses: round robin begins with it.
		status, _ = request(t, lab.http, get("/moved", "c"))
		l = lab.line(t)
		if l.ID != "c" || !l.State.Clean() || l.Retries != 1 || !l.Redispatched || l.Server != "nginx2" {
			t.Errorf("redispatched: %s, %+v", status, l)
		}

		_, _ = request(t, lab.http, "no HTTP\r\n\r\n")
		l = lab.line(t)
		if l.State != "PR" || l.Status != 400 || !l.Ref().IsZero() || l.ID != "" || l.URI != "" || l.RequestUS != 0 {
			t.Errorf("bad request: %+v", l)
		}

		_, port = request(t, lab.tcp, get("/", "d"))
		l = lab.line(t)
		if l.ClientPort != port || l.Frontend != "plain" || l.Backend != "bk_tcp" || l.Server != "nginx1" || !l.State.Clean() || l.Status != 0 {
			t.Errorf("tcp: %+v", l)
		}
	})
}
