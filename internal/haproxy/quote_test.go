package haproxy_test

import (
	"io"
	"net"
	"strconv"
	"strings"
	"testing"

	"halab/internal/haproxy"
	"halab/internal/haproxy/haproxytest"
)

var quoteTests = []struct{ in, want string }{
	{"bk_app", "bk_app"},
	{"%[src,json(utf8s)]", "%[src,json(utf8s)]"},
	{"", "''"},
	{"a b", "'a b'"},
	{"a#b", "'a#b'"},
	{`a"b\c`, `'a"b\c'`},
	{"$HOME", "'$HOME'"},
	{"it's", `'it'\''s'`},
	{"a\nserver x", `'a'\x0a'server x'`},
	{"é", "'é'"},
}

func TestQuoteArg(t *testing.T) {
	for _, tt := range quoteTests {
		if got := haproxy.QuoteArg(tt.in); got != tt.want {
			t.Errorf("QuoteArg(%q) is %s, want %s", tt.in, got, tt.want)
		}
	}
}

// TestQuoteArgRead has every text read back by HAProxy, as the body of a
// response.
func TestQuoteArgRead(t *testing.T) {
	haproxytest.Each(t, func(t *testing.T, h haproxytest.HAProxy) {
		var every strings.Builder
		for c := 1; c < 256; c++ {
			every.WriteByte(byte(c))
		}
		texts := []string{every.String(), `"'"'\`, `\n\x41\$HOME "$HOME" ${HOME}`, "'", "a # b", " a  b "}
		for _, tt := range quoteTests {
			if tt.in != "" { // a body cannot be empty
				texts = append(texts, tt.in)
			}
		}
		var config strings.Builder
		config.WriteString("global\n stats socket DIR/admin.sock\ndefaults\n mode http\n timeout client 5s\n timeout connect 5s\n timeout server 5s\n")
		var frontends []net.Listener
		for i, text := range texts {
			l := haproxytest.Listen(t)
			frontends = append(frontends, l)
			config.WriteString("frontend f" + string(rune('a'+i)) + "\n bind fd@" + strconv.Itoa(3+i) +
				"\n http-request return status 200 content-type text/plain string " + haproxy.QuoteArg(text) + "\n")
		}
		h.Start(t, config.String(), frontends...)
		for i, text := range texts {
			if got := body(t, frontends[i].Addr().String()); got != text {
				t.Errorf("%q was read as %q", text, got)
			}
		}
	})
}

func body(t *testing.T, address string) string {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: halab\r\nConnection: close\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(conn)
	if err != nil {
		t.Fatal(err)
	}
	_, text, _ := strings.Cut(string(answer), "\r\n\r\n")
	return text
}
