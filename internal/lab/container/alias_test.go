package container

import (
	"maps"
	"regexp"
	"strings"
	"testing"

	"halab/internal/haproxy"
)

func TestAliases(t *testing.T) {
	ref := func(b, s string) haproxy.ServerRef { return haproxy.ServerRef{Backend: b, Server: s} }
	long := "a23456789-123456789-123456789-123456789-123456789-123456789-123456789"
	tests := []struct {
		name string
		refs []haproxy.ServerRef
		want []string
	}{
		{"own names", []haproxy.ServerRef{ref("bk_app", "nginx1"), ref("bk_app", "nginx2")}, []string{"nginx1", "nginx2"}},
		{"equal names", []haproxy.ServerRef{ref("a", "web"), ref("b", "web")}, []string{"a-web", "b-web"}},
		{"equal but for case", []haproxy.ServerRef{ref("a", "Web"), ref("b", "web")}, []string{"a-web", "b-web"}},
		{"equal but for what a host name lacks", []haproxy.ServerRef{ref("a", "w_b"), ref("a", "w.b")}, []string{"a-w-b", "a-w-b-2"}},
		{"taken by another backend", []haproxy.ServerRef{ref("x", "a-web"), ref("a", "web"), ref("b", "web")}, []string{"a-web", "a-web-2", "b-web"}},
		{"haproxy's own", []haproxy.ServerRef{ref("bk", "haproxy"), ref("bk", "localhost")}, []string{"bk-haproxy", "bk-localhost"}},
		{"an address", []haproxy.ServerRef{ref("bk", "10"), ref("bk", "10.0.0.1")}, []string{"s-10", "s-10-0-0-1"}},
		{"nothing that a host name has", []haproxy.ServerRef{ref("bk", "_"), ref("bk", ":")}, []string{"bk", "bk-2"}},
		{"too long", []haproxy.ServerRef{ref("bk", long)}, []string{long[:maxLabel]}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			want := map[haproxy.ServerRef]string{}
			for i, ref := range tt.refs {
				want[ref] = tt.want[i]
			}
			if got := aliases(tt.refs); !maps.Equal(got, want) {
				t.Errorf("got %v, want %v", got, want)
			}
		})
	}
}

// label is RFC 1035, 2.3.1 and 2.3.4, in lower case.
var label = regexp.MustCompile(`^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$`)

func FuzzAliases(f *testing.F) {
	f.Add("bk_app", "nginx1", "nginx2")
	f.Add("a", "web", "Web")
	f.Add("a", "10.0.0.1", "a-10-0-0-1")
	f.Add("", "-", "...")
	f.Add("A"+strings.Repeat("0", 58), "0", "1")
	f.Fuzz(func(t *testing.T, backend, one, two string) {
		refs := []haproxy.ServerRef{{Backend: backend, Server: one}, {Backend: backend, Server: two}, {Backend: backend + "x", Server: one}}
		if refs[0] == refs[1] {
			return
		}
		seen := map[string]bool{haproxyHost: true}
		for ref, name := range aliases(refs) {
			if seen[name] || !label.MatchString(name) {
				t.Errorf("%v is called %q", ref, name)
			}
			seen[name] = true
		}
	})
}
