package scenario

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"halab/internal/haproxy"
)

func readGood(t testing.TB) []byte {
	t.Helper()
	data, err := os.ReadFile("testdata/good.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func parseGood(t testing.TB) *Scenario {
	t.Helper()
	s, err := Parse("good.yaml", readGood(t), testKinds())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestParseValues(t *testing.T) {
	s := parseGood(t)
	second := s.Backends[0].Servers[1]
	for _, tc := range []struct {
		what      string
		got, want any
	}{
		{"version", s.HAProxy.Version, "2.6"},
		{"timeout client", s.HAProxy.Defaults.Timeout.Client.D(), 50 * time.Second},
		{"timeout http-request", s.HAProxy.Defaults.Timeout.HTTPRequest.D(), 90 * time.Second},
		{"retries", *s.HAProxy.Defaults.Retries, 3},
		{"bind", s.Frontends[0].Bind, ":80"},
		{"weight", *second.Weight, 0},
		{"inter", second.InterD(), 500 * time.Millisecond},
		{"content", s.Backends[0].Servers[0].Content, "<h1>new 新</h1> \"quoted\" $vars [[[[ {{{{\n  # not a comment\n"},
		{"rate", s.Traffic.New.Rate, 100.0},
		{"poll", s.Traffic.Poll.IntervalD(), 2 * time.Second},
		{"switch from", s.Expect.Switch.From, "bk_app/nginx2"},
		{"steps", len(s.Steps), 4},
		{"short form", s.Steps[1].Args.(*flip).Server, haproxy.ServerRef{Backend: "bk_app", Server: "nginx2"}},
		{"long form", s.Steps[2].Args.(*flip).Within.D(), 2 * time.Second},
		{"text", s.Steps[2].Text, "flip: {server: bk_app/nginx1, within: 2s}"},
		{"text of a block", s.Steps[3].Text, "look: {state: MAINT, idle: true}"},
		{"step position", s.Steps[3].Pos, Pos{47, 5}},
		{"source", string(s.Source), string(readGood(t))},
	} {
		if tc.got != tc.want {
			t.Errorf("%s: %v, want %v", tc.what, tc.got, tc.want)
		}
	}
}

func TestPosOf(t *testing.T) {
	s := parseGood(t)
	for path, want := range map[string]Pos{
		"backends[0].servers[1]":         {35, 9},
		"backends[0].servers[1].address": {35, 33},
		"frontends[0].bind":              {15, 11},
		"steps[2].flip.within":           {46, 43},
	} {
		if got, ok := s.PosOf(path); !ok || got != want {
			t.Errorf("PosOf(%q) = %v, %v; want %v", path, got, ok, want)
		}
	}
	if _, ok := s.PosOf("backends[7]"); ok {
		t.Error("a position for a backend that is not there")
	}
}

// TestVariants edits the good file: each edit alone keeps it good, or makes
// exactly one mistake.
func TestVariants(t *testing.T) {
	for _, tc := range []struct{ name, from, to, want string }{
		{"CRLF", "\n", "\r\n", ""},
		{"BOM", "apiVersion", "\uFEFFapiVersion", ""},
		{"document marks", "apiVersion", "--- # one\napiVersion", ""},
		{"frontend named as its backend", "name: app", "name: bk_app", ""},
		{"tcp in front of http", "bind: :80", "bind: :80\n    mode: tcp", ""},
		{"unused backend", "traffic:", "  - {name: idle, servers: [{name: nginx1, address: 10.0.0.1:80, nginx: 1.18.0}]}\ntraffic:", ""},
		{"name in two backends", "traffic:", "  - {name: b, servers: [{name: nginx2, address: 10.0.0.1:80, nginx: 1.18.0}]}\ntraffic:", `server "nginx2" is in more than one backend`},
		{"old haproxy", "version: 2.6", "version: 2.2", "HAProxy 2.2 has no option idle-close-on-response"},
		{"mode differs under one name", "name: app\n    bind", "name: bk_app\n    mode: tcp\n    bind", "differ in mode"},
		{"own server", "127.0.0.1:81", "127.0.0.1:80", "is the address of frontend app"},
		{"two frontends on one address", "backends:", "  - {name: b, bind: \"10.0.0.1:80\", default_backend: bk_app}\nbackends:", "is the address of frontend app"},
		{"unreachable", "traffic:\n  poll:", "  - {name: b, servers: [{name: x1, address: \"10.0.0.1:80\", nginx: 1.18.0}]}\nexpect: {switch: {from: nginx2, to: x1}}\ntraffic:\n  poll:", "no traffic reaches b/x1"},
		{"remote server on port 80", "127.0.0.1:81", "10.0.0.1:80", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			text := strings.ReplaceAll(string(readGood(t)), tc.from, tc.to)
			_, err := Parse("good.yaml", []byte(text), testKinds())
			if tc.want == "" && err != nil {
				t.Fatalf("refused:\n%s", err)
			}
			if tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want)) {
				t.Fatalf("error %v, want %q", err, tc.want)
			}
		})
	}
}

func TestErrorText(t *testing.T) {
	_, err := Parse("f.yaml", []byte("apiVersion: halab/v1\nname: a b\n"), nil)
	var one *Error
	if !errors.As(err, &one) {
		t.Fatalf("%T", err)
	}
	want := `f.yaml:2:7: name: "a b" contains a space (a-b)`
	if !strings.Contains(err.Error(), want) {
		t.Errorf("%q, want %q in it", err.Error(), want)
	}
}
