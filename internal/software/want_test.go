package software

import (
	"strings"
	"testing"

	"halab/internal/haproxy"
)

func TestParseWant(t *testing.T) {
	tests := []struct{ in, want, err string }{
		{"nginx:1.18.0", "nginx:1.18.0", ""},
		{"haproxy:2.6", "haproxy:2.6", ""},
		{"nginx", "", "expected NAME:VERSION"},
		{"nginx:", "", "expected NAME:VERSION"},
		{":1.18.0", "", "unknown program"},
		{"apache:2.4.1", "", "expected one of haproxy, nginx"},
		{"nginx:latest", "", "parse version"},
		{"nginx:1.18.0:80", "", "parse version"},
		{"nginx:1.18.0-alpine", "", "suffix"},
	}
	for _, tt := range tests {
		got, err := ParseWant(tt.in)
		switch {
		case tt.err == "" && (err != nil || got.String() != tt.want):
			t.Errorf("ParseWant(%q) = %v, %v; want %s", tt.in, got, err, tt.want)
		case tt.err != "" && (err == nil || !strings.Contains(err.Error(), tt.err)):
			t.Errorf("ParseWant(%q): error %v, want one with %q", tt.in, err, tt.err)
		}
	}
}

func FuzzParseWant(f *testing.F) {
	for _, s := range []string{"nginx:1.18.0", "haproxy:2.6", "nginx", ":", "nginx:1.18.0-1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if w, err := ParseWant(s); err == nil && w.String() != s {
			t.Errorf("ParseWant(%q) gives %q back", s, w)
		}
	})
}

var bannerTests = []struct{ name, out, want string }{
	{Nginx, "nginx version: nginx/1.18.0\n", "1.18.0"},
	{Nginx, "nginx version: nginx/1.18.0 (Ubuntu)\n", "1.18.0"},
	{Nginx, "/docker-entrypoint.sh: ready\nnginx version: nginx/1.19.8\n", "1.19.8"},
	{Nginx, "nginx version: openresty/1.21.4.1\n", ""},
	{Nginx, "", ""},
	{HAProxy, "HA-Proxy version 2.2.9-2+deb11u6 2023/12/12 - https://haproxy.org/\n", "2.2.9"},
	{HAProxy, "HAProxy version 2.6.12-1+deb12u4 2026/10/17 - https://haproxy.org/\nStatus: x\n", "2.6.12"},
	{HAProxy, "HAProxy version 3.2-dev5 2025/02/08\n", "3.2"},
	{HAProxy, "nginx version: nginx/1.18.0\n", ""},
}

func TestParseBanner(t *testing.T) {
	for _, tt := range bannerTests {
		got, err := parseBanner(tt.name, tt.out)
		if got.String() != tt.want || (err == nil) != (tt.want != "") {
			t.Errorf("parseBanner(%s, %q) = %q, %v; want %q", tt.name, tt.out, got, err, tt.want)
		}
	}
}

func FuzzParseBanner(f *testing.F) {
	for _, tt := range bannerTests {
		f.Add(tt.out)
	}
	f.Fuzz(func(t *testing.T, out string) {
		for _, name := range names {
			if v, err := parseBanner(name, out); err == nil && !strings.Contains(out, v.String()) {
				t.Errorf("%q gives %s", out, v)
			}
		}
	})
}

func TestCatalogueIsSortedAndWellFormed(t *testing.T) {
	var last debianPackage
	for _, p := range catalogue {
		v, err := haproxy.ParseVersion(p.prefix)
		if err != nil {
			t.Errorf("%s %s: %v", p.name, p.prefix, err)
		}
		if p.name < last.name || p.name == last.name && compare(v, last.version()) <= 0 {
			t.Errorf("%s %s stands after %s %s", p.name, p.prefix, last.name, last.prefix)
		}
		last = p
	}
}

func TestCandidates(t *testing.T) {
	tests := []struct{ want, suites string }{
		{"nginx:1.18.0", "bullseye"},
		{"nginx:1.18", "bullseye"},
		{"nginx:1.18.1", ""},
		{"nginx:1.19.8", ""},
		{"nginx:1.30", "forky"},
		{"nginx:1.30.4", "forky"}, // the patch level is known only after unpacking
		{"haproxy:2.6", "bookworm"},
		{"haproxy:1.18", ""},
	}
	for _, tt := range tests {
		var suites []string
		for _, p := range candidates(mustWant(t, tt.want)) {
			suites = append(suites, p.suite)
		}
		if got := strings.Join(suites, " "); got != tt.suites {
			t.Errorf("candidates(%s) = %q, want %q", tt.want, got, tt.suites)
		}
	}
}
