package probe

import (
	"slices"
	"testing"

	"halab/internal/history"
)

// TestReused: what happens to the second request of a connection.
func TestReused(t *testing.T) {
	first := func(then ...act) []act { return append(script(request, say(good)), then...) }
	for _, c := range []struct {
		name    string
		script  []act
		idle    bool // the end comes before the second request
		outcome history.Outcome
		written bool
		read    int // requests that the server has read
	}{
		{"answered", first(request, say(good)), false, history.OK, true, 2},
		{"closed while idle", first(wait), true, history.Stale, false, 1},
		{"reset while idle", first(wait, reset), true, history.Stale, false, 1},
		{"408 while idle", first(wait, say("HTTP/1.1 408 Request Timeout\r\nconnection: close\r\n\r\n")), true, history.Stale, false, 1},
		{"bytes while idle", first(wait, say("HTTP/1.1 200 OK\r\n")), true, history.Malformed, false, 1},
		{"closed after the request", first(request), false, history.InFlight, true, 2},
		{"reset after the request", first(request, reset), false, history.InFlight, true, 2},
		{"closed in the answer", first(request, say("HTTP/1.1 2")), false, history.Truncated, true, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := serve(t, c.script)
			u := reuse(t, s)
			if c.idle {
				u.waitClosed(t, s)
			}
			r := u.send()
			if r.Outcome != c.outcome || (r.Sent != 0) != c.written || r.Reuse != 1 || r.Conn != 1 || r.Port == 0 {
				t.Errorf("%+v, want %s", r, c.outcome)
			}
			if c.outcome == history.OK {
				u.c.close()
			}
			if ids, want := s.read(), []string{"kept-i", "kept-ii"}[:c.read]; !slices.Equal(ids, want) {
				t.Errorf("the server read %v, want %v", ids, want)
			}
		})
	}
}

// TestNotReused: an answer after which the connection carries no other one.
func TestNotReused(t *testing.T) {
	for name, text := range map[string]string{
		"connection: close":        with("connection: close\r\ncontent-length: 7\r\n") + pageText,
		"connection: a, CLOSE":     with("connection: a, CLOSE\r\ncontent-length: 7\r\n") + pageText,
		"HTTP/1.0":                 "HTTP/1.0 200 OK\r\ncontent-length: 7\r\n\r\n" + pageText,
		"ends with the connection": with("") + pageText,
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, script(request, say(text)))
			p, _ := prober(t, target(s.addr))
			c, err := p.open()
			if err != nil {
				t.Fatal(err)
			}
			defer c.close()
			r := history.Request{ID: "kept-1", Intended: history.Since(p.started)}
			if err := c.begin(&r, p.page, false); err != nil {
				t.Fatal(err)
			}
			if again := c.follow(&r); again || r.Outcome != history.OK {
				t.Errorf("again %v, %+v", again, r)
			}
		})
	}
}
