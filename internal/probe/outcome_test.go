package probe

import (
	"net"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"halab/internal/haproxy/haproxytest"
	"halab/internal/history"
)

// answer is the answers to one request on a new connection: what the peer
// does, and what the record must say.
type answer struct {
	name    string
	text    string // what the peer says to the request
	then    []act  // what it does after that; nil: it closes
	outcome history.Outcome
	status  int
	got     int64
	want    int64
	error   string // contained in Error
}

func with(fields string) string {
	return "HTTP/1.1 200 OK\r\nserver: nginx/1.18.0\r\nx-halab-server: bk_app/nginx2\r\n" + fields + "\r\n"
}

func answers() []answer {
	ok, trunc, bad := history.OK, history.Truncated, history.Malformed
	reset := script(reset)
	return []answer{
		{"right", good, nil, ok, 200, 7, 7, ""},
		{"byte by byte", "", script(drip(good)), ok, 200, 7, 7, ""},
		{"100 first", "HTTP/1.1 100 Continue\r\n\r\n" + good, nil, ok, 200, 7, 7, ""},
		{"103 with headers first", "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\ncontent-length: 9\r\n\r\n" + good, nil, ok, 200, 7, 7, ""},
		{"103 and no more", "HTTP/1.1 103 Early Hints\r\n\r\n", nil, trunc, 0, 0, 0, "unexpected EOF"},
		{"only interim", strings.Repeat("HTTP/1.1 100 Continue\r\n\r\n", 50), nil, bad, 0, 0, 0, "interim"},
		{"chunked", with("transfer-encoding: chunked\r\n") + "3\r\nngi\r\n4;x=y\r\nnx2\n\r\n0\r\na: b\r\n\r\n", nil, ok, 200, 7, 7, ""},
		{"chunked, cut in a chunk", with("transfer-encoding: chunked\r\n") + "7\r\nngi", nil, trunc, 200, 3, 7, "unexpected EOF"},
		{"chunked, cut between chunks", with("transfer-encoding: chunked\r\n") + "7\r\nnginx2\n\r\n", nil, trunc, 200, 7, 7, "unexpected EOF"},
		{"chunked, cut in the trailers", with("transfer-encoding: chunked\r\n") + "7\r\nnginx2\n\r\n0\r\n", nil, trunc, 200, 7, 7, "unexpected EOF"},
		{"chunked, bad size", with("transfer-encoding: chunked\r\n") + "zz\r\n", nil, bad, 200, 0, 7, "chunk size"},
		{"chunked, too much in a chunk", with("transfer-encoding: chunked\r\n") + "2\r\nnginx2\r\n0\r\n\r\n", nil, bad, 200, 2, 7, "after a chunk"},
		{"length too long", with("content-length: 9\r\n") + pageText, nil, trunc, 200, 7, 9, "unexpected EOF"},
		{"length too long, then reset", with("content-length: 9\r\n") + pageText, reset, trunc, 200, 7, 9, "reset"},
		{"length too short", with("content-length: 3\r\n") + pageText, nil, history.WrongBody, 200, 3, 3, ""},
		{"bytes behind the end", good + "more", nil, bad, 200, 7, 7, "behind the end"},
		{"ends with the connection", with("connection: close\r\n") + pageText, nil, ok, 200, 7, 7, ""},
		{"ends with the connection, cut", with("connection: close\r\n") + "ngi", nil, trunc, 200, 3, 7, "middle of the page"},
		{"ends with the connection, reset", with("connection: close\r\n") + pageText, reset, trunc, 200, 7, 7, "reset"},
		{"ends with the connection, wrong", with("connection: close\r\n") + "apache\n", nil, history.WrongBody, 200, 7, 7, ""},
		{"HTTP/1.0", "HTTP/1.0 200 OK\r\nx-halab-server: bk_app/nginx2\r\n\r\n" + pageText, nil, ok, 200, 7, 7, ""},
		{"other server's page", with("content-length: 7\r\n") + "nginx1\n", nil, history.WrongBody, 200, 7, 7, "page"},
		{"unknown server", "HTTP/1.1 200 OK\r\nx-halab-server: bk_app/x\r\ncontent-length: 7\r\n\r\n" + pageText, nil, history.WrongBody, 200, 7, 7, "bk_app/x answered, which does not belong to the backend that was asked"},
		{"server not told", "HTTP/1.1 200 OK\r\ncontent-length: 7\r\n\r\nnginx1\n", nil, ok, 200, 7, 7, ""},
		{"no body", with("content-length: 0\r\n"), nil, history.WrongBody, 200, 0, 0, ""},
		{"HAProxy's 503", "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 3\r\n\r\nno\n", nil, history.Proxy5xx, 503, 3, 3, "status"},
		{"a server's 502", "HTTP/1.1 502 Bad Gateway\r\nserver: nginx/1.18.0\r\ncontent-length: 3\r\n\r\nno\n", nil, history.Server5xx, 502, 3, 3, "status"},
		{"404", "HTTP/1.1 404 Not Found\r\nserver: nginx/1.18.0\r\ncontent-length: 3\r\n\r\nno\n", nil, history.BadStatus, 404, 3, 3, "status"},
		{"204 has no body", "HTTP/1.1 204 No Content\r\nserver: x\r\ncontent-length: 3\r\n\r\n", nil, history.BadStatus, 204, 0, 0, "status"},
		{"101 unasked", "HTTP/1.1 101 Switching Protocols\r\n\r\n", nil, history.BadStatus, 101, 0, 0, "status"},
		{"a 503 that is cut", "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 9\r\n\r\nno\n", nil, trunc, 503, 3, 9, "unexpected EOF"},
		{"closed before a byte", "", nil, history.Closed, 0, 0, 0, "EOF"},
		{"reset before a byte", "", reset, history.Reset, 0, 0, 0, "reset"},
		{"closed in the status line", "HTTP/1.1 2", nil, trunc, 0, 0, 0, "unexpected EOF"},
		{"closed in the headers", "HTTP/1.1 200 OK\r\nserver: ng", nil, trunc, 0, 0, 0, "unexpected EOF"},
		{"reset in the headers", "HTTP/1.1 200 OK\r\n", reset, trunc, 0, 0, 0, "reset"},
		{"garbage", "\x00\x01garbage\n\n", nil, bad, 0, 0, 0, "status line"},
		{"a status of two digits", "HTTP/1.1 20 OK\r\n\r\n", nil, bad, 0, 0, 0, "status line"},
		{"HTTP/2", "HTTP/2.0 200 OK\r\n\r\n", nil, bad, 0, 0, 0, "status line"},
		{"two lengths", with("content-length: 7\r\ncontent-length: 8\r\n") + pageText, nil, bad, 0, 0, 0, "Content-Length"},
		{"length and chunked", with("content-length: 7\r\ntransfer-encoding: chunked\r\n") + "0\r\n\r\n", nil, bad, 0, 0, 0, "both"},
		{"signed length", with("content-length: +7\r\n") + pageText, nil, bad, 0, 0, 0, "Content-Length"},
		{"space before the colon", with("content-length : 7\r\n") + pageText, nil, bad, 0, 0, 0, "header line"},
		{"a header of 10 KB", with("a: "+strings.Repeat("b", 10<<10)+"\r\ncontent-length: 7\r\n") + pageText, nil, ok, 200, 7, 7, ""},
		{"headers without end", with(strings.Repeat("a: b\r\n", 1<<17)), nil, bad, 0, 0, 0, "too long"},
	}
}

// drip writes text a byte at a time.
func drip(text string) act {
	return func(p *peer) bool {
		_ = p.net.SetNoDelay(true)
		for _, c := range []byte(text) {
			if _, err := p.net.Write([]byte{c}); err != nil {
				return false
			}
		}
		return true
	}
}

func TestAnswers(t *testing.T) {
	for _, a := range answers() {
		t.Run(a.name, func(t *testing.T) {
			s := serve(t, append(script(request, say(a.text)), a.then...))
			p, rec := prober(t, target(s.addr))
			r := p.Get(t.Context())
			if r.Outcome != a.outcome || r.Status != a.status || r.Got != a.got || r.Want != a.want || !strings.Contains(r.Error, a.error) {
				t.Errorf("outcome %q, status %d, got %d of %d, error %q;\nwant %q, %d, %d of %d, %q",
					r.Outcome, r.Status, r.Got, r.Want, r.Error, a.outcome, a.status, a.got, a.want, a.error)
			}
			if (r.Error == "") != (r.Outcome == history.OK) {
				t.Errorf("outcome %q with error %q", r.Outcome, r.Error)
			}
			if r.Sent == 0 || r.Sent < r.Intended || r.Done < r.Sent || r.First != 0 && (r.First < r.Sent || r.First > r.Done) {
				t.Errorf("times: intended %d, sent %d, first %d, done %d", r.Intended, r.Sent, r.First, r.Done)
			}
			if r.Conn != 1 || r.Port == 0 || r.Reuse != 0 {
				t.Errorf("connection %d, port %d, reuse %d", r.Conn, r.Port, r.Reuse)
			}
			if all := rec.list(); len(all) != 1 || *all[0] != r {
				t.Errorf("%d records", len(all))
			}
			if ids := s.read(); !slices.Equal(ids, []string{"step-1"}) {
				t.Errorf("the server read %v: it must have been asked once", ids)
			}
		})
	}
}

func TestNoConnection(t *testing.T) {
	full := backlogged(t)
	for _, c := range []struct {
		name, address string
		outcome       history.Outcome
	}{
		{"refused", haproxytest.Refused(t), history.Refused},
		{"accept queue full", full, history.ConnectTimeout},
		{"no such address", "nowhere.invalid:80", history.Unsent},
	} {
		t.Run(c.name, func(t *testing.T) {
			to := target(c.address)
			to.Timeout = 300 * time.Millisecond
			p, _ := prober(t, to)
			r := p.Get(t.Context())
			if r.Outcome != c.outcome || r.Conn != 0 || r.Sent != 0 || r.First != 0 || r.Error == "" {
				t.Errorf("%+v, want %s and neither connection nor Sent", r, c.outcome)
			}
		})
	}
}

// backlogged is an address that drops the SYN of every connection: its accept
// queue is full.
func backlogged(t *testing.T) string {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Close(fd) })
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Listen(fd, 0); err != nil {
		t.Fatal(err)
	}
	name, err := syscall.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	address := "127.0.0.1:" + strconv.Itoa(name.(*syscall.SockaddrInet4).Port)
	for range 3 {
		c, err := net.DialTimeout("tcp", address, 200*time.Millisecond)
		if err != nil {
			return address
		}
		t.Cleanup(func() { _ = c.Close() })
	}
	t.Fatal("the accept queue takes any number of connections")
	return ""
}

func TestTimeout(t *testing.T) {
	for _, c := range []struct {
		name   string
		script []act
		status int
		first  bool
	}{
		{"no answer", script(request, hold), 0, false},
		{"in the headers", script(request, say("HTTP/1.1 200 OK\r\n"), hold), 0, true},
		{"in the body", script(request, say(with("content-length: 7\r\n")+"ngi"), hold), 200, true},
		{"in a body that ends with the connection", script(request, say(with("connection: close\r\n")+pageText), hold), 200, true},
		{"nothing is read", script(hold), 0, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, c.script)
			to := target(s.addr)
			to.Timeout = time.Second
			p, _ := prober(t, to)
			r := p.Get(t.Context())
			if r.Outcome != history.Timeout || r.Status != c.status || (r.First != 0) != c.first || r.Sent == 0 {
				t.Errorf("%+v", r)
			}
			if d := r.Done.D() - r.Intended.D(); d < to.Timeout {
				t.Errorf("timed out after %v", d)
			}
		})
	}
}
