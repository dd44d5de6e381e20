package probe

import (
	"strings"
	"testing"

	"halab/internal/history"
)

// pageHeads are heads of a right page, and what is wrong with each.
func pageHeads() []struct {
	name   string
	fields []string // names and values in turn
	wrong  string   // part of the error; "": nothing
} {
	return []struct {
		name   string
		fields []string
		wrong  string
	}{
		{"as nginx sends it", []string{"content-type", "text/plain"}, ""},
		{"in another case", []string{"content-type", "Text/Plain"}, ""},
		{"twice the same", []string{"content-type", "text/plain", "content-type", "text/plain"}, ""},
		{"headers that are not compared", []string{"etag", "\"1\"", "content-type", "text/plain", "cache-control", "no-store"}, ""},
		{"another type", []string{"content-type", "text/html"}, `Content-Type is "text/html"; it must be text/plain`},
		{"a parameter more", []string{"content-type", "text/plain; charset=utf-8"}, "charset"},
		{"no type", nil, "the page is right, its header is not: Content-Type is missing; it must be text/plain"},
		{"a second type", []string{"content-type", "text/plain", "content-type", "text/html"}, `"text/html"`},
		{"encoded", []string{"content-type", "text/plain", "content-encoding", "gzip"}, `Content-Encoding is "gzip"; it must be absent`},
		{"moved", []string{"location", "/elsewhere", "content-type", "text/plain"}, `Location is "/elsewhere"; it must be absent`},
		{"a long value", []string{"content-type", strings.Repeat("x", 5000)}, "xxx"},
	}
}

// TestPageHeaders: a right page under a wrong head is a wrong body, over
// HTTP/1.1 and HTTP/2.
func TestPageHeaders(t *testing.T) {
	for _, c := range pageHeads() {
		t.Run(c.name, func(t *testing.T) {
			var fields strings.Builder
			for i := 0; i < len(c.fields); i += 2 {
				fields.WriteString(c.fields[i] + ": " + c.fields[i+1] + "\r\n")
			}
			s := serve(t, script(request, say(with(fields.String()+"content-length: 7\r\n")+pageText)))
			to := target(s.addr)
			p, _ := prober(t, to)
			if r := p.Get(t.Context()); r.Outcome != history.OK {
				t.Fatalf("where nothing is to be compared: %+v", r)
			}
			to.PageHeaders = true
			p, _ = prober(t, to)
			comparePage(t, p.Get(t.Context()), c.wrong)

			h2 := serveH2(t, func(_ int, p *h2Peer) {
				p.greet()
				for id := p.request(); id != 0; id = p.request() {
					p.head(id, false, append([]string{":status", "200", "server", "nginx/1.18.0", "x-halab-server", "bk_app/nginx2"}, c.fields...)...)
					p.body(id, true, pageText)
				}
			})
			h2.PageHeaders = true
			comparePage(t, *ask2(t, h2, 1).get(), c.wrong)
		})
	}
}

func comparePage(t *testing.T, r history.Request, wrong string) {
	t.Helper()
	want := history.OK
	if wrong != "" {
		want = history.WrongBody
	}
	if r.Outcome != want || !strings.Contains(r.Error, wrong) || len(r.Error) > 500 {
		t.Errorf("%+v, want %s with %q", r, want, wrong)
	}
}

// TestServerNames: who answered is who names himself, once or in one voice.
func TestServerNames(t *testing.T) {
	for _, c := range []struct{ names, want string }{
		{"X-Halab-Server: bk_app/nginx2\r\n", "bk_app/nginx2"},
		{"x-halab-server: bk_app/nginx2\r\nX-HALAB-SERVER: bk_app/nginx2\r\n", "bk_app/nginx2"},
		{"x-halab-server: bk_app/nginx2\r\nx-halab-server: bk_app/nginx1\r\n", "bk_app/nginx2, bk_app/nginx1"},
		{strings.Repeat("x-halab-server: "+strings.Repeat("x", 200)+"\r\nx-halab-server: y\r\n", 100), strings.Repeat("x", 200) + ", y, " + strings.Repeat("x", 200)},
		{"", ""},
	} {
		s := serve(t, script(request, say("HTTP/1.1 200 OK\r\n"+c.names+"content-length: 7\r\n\r\n"+pageText)))
		p, _ := prober(t, target(s.addr))
		r := p.Get(t.Context())
		if known := c.want == "bk_app/nginx2" || c.want == ""; r.Server != c.want || known != (r.Outcome == history.OK) {
			t.Errorf("%.80q: %+v, want %q", c.names, r, c.want)
		}
	}
}
