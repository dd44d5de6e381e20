package main

import (
	"bytes"
	"strings"
	"testing"

	"halab/internal/scenario"
	"halab/internal/upgrade"
	"halab/scenarios"
)

// cfgCases are texts and the line at which they are a haproxy.cfg; 0 is none.
var cfgCases = []struct {
	text string
	line int
}{
	{"global\n\tdaemon\n", 1},
	{"# by hand\n\ndefaults\n  mode http\n", 3},
	{"defaults http from base\n", 1},
	{"\n  global\n    daemon\n", 2},
	{"global # what all share\r\n\tdaemon\r\n", 1},
	{"\uFEFFglobal\n", 1},
	{".if feature(OPENSSL)\nglobal\n.endif\n", 2},
	{"{% raw %}\nfrontend app\n\tbind :80\n", 2},
	{"listen stats :8404\n", 1},
	{"backend bk_app\n\tserver nginx1 127.0.0.1:81 check\n", 1},
	{"ring logs\n", 1},
	{"\tglobal", 1},
	{"", 0},
	{"# global\n", 0},
	{"global:\n  daemon: true\n", 0},
	{"defaults :\n  mode: http\n", 0},
	{"frontends:\n  - name: app\n", 0},
	{"globals\n", 0},
	{"name: app\n  global\n", 0},
	{"bind :80\n", 0},
	{"apiVersion: halab/v1\nsteps:\n  - run: |\n      cat > x <<E\n      backend bk\nE\n", 0},
	{"apiVersion: halab/v1\nsteps:\n  - run: |\n      cat > x <<E\nbackend bk\nE\n", 0},
}

func TestHAProxyCfg(t *testing.T) {
	for _, tt := range cfgCases {
		errs := haproxyCfg("my.cfg", []byte(tt.text))
		switch {
		case tt.line == 0 && errs != nil:
			t.Errorf("%q: %v, want nothing", tt.text, errs)
		case tt.line > 0 && (len(errs) != 1 || errs[0].Line != tt.line || !strings.Contains(errs[0].Pretty(), ": this is a haproxy.cfg")):
			t.Errorf("%q: %v, want line %d", tt.text, errs, tt.line)
		}
	}
}

func TestShippedIsNoHAProxyCfg(t *testing.T) {
	for _, name := range scenarios.Names() {
		data, err := scenarios.Read(name)
		if err != nil {
			t.Fatal(err)
		}
		if errs := haproxyCfg(name, data); errs != nil {
			t.Error(errs)
		}
	}
}

// FuzzHAProxyCfg: what is a scenario is no haproxy.cfg, and the line that is
// named is one of the text, and shown.
func FuzzHAProxyCfg(f *testing.F) {
	for _, tt := range cfgCases {
		f.Add([]byte(tt.text))
	}
	data, err := scenarios.Read("blog-walkthrough")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Fuzz(func(t *testing.T, data []byte) {
		errs := haproxyCfg("fuzz", data)
		if errs == nil {
			return
		}
		e := errs[0]
		if lines := bytes.Count(data, []byte("\n")) + 1; e.Line < 1 || e.Line > lines || e.Col < 1 || e.Width < 1 || errs.Pretty() == "" {
			t.Fatalf("%+v of %d lines", e, lines)
		}
		if s, err := scenario.Parse("fuzz", data, upgrade.Kinds()); err == nil {
			t.Fatalf("scenario %s is taken for a haproxy.cfg: %v", s.Name, errs)
		}
	})
}
