package haproxy

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// versions are the HAProxys whose own output is in testdata: the same
// configuration, with bk_app/nginx2 put into maintenance.
var versions = []string{"2.2", "2.6", "3.0", "3.2"}

func testdata(t testing.TB, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestParseStat(t *testing.T) {
	for _, v := range versions {
		stats, err := ParseStat(bytes.NewReader(testdata(t, "show-stat-"+v+".csv")))
		if err != nil {
			t.Fatalf("%s: %v", v, err)
		}
		if len(stats) != 7 || len(Servers(stats)) != 5 {
			t.Errorf("%s: %d lines, %d servers", v, len(stats), len(Servers(stats)))
		}
		for name, want := range map[string]Status{
			"nginx1": "DOWN", "nginx2": "MAINT", "nginx3": "MAINT (via bk_app/nginx2)",
			"nginx4": "MAINT", "nginx5": "no check",
		} {
			if s, ok := Find(stats, ServerRef{"bk_app", name}); !ok || s.Status != want {
				t.Errorf("%s: %s is %q, found %t; want %q", v, name, s.Status, ok, want)
			}
		}
		if s, _ := Find(stats, ServerRef{"bk_app", "nginx1"}); s.CheckStatus != "L7STS" || s.CheckCode != 501 ||
			s.Bck != 1 || s.Act != 0 || s.Mode != "http" || s.Addr != "127.0.0.1:18981" || s.Ref().Server != "nginx1" {
			t.Errorf("%s: nginx1 is %+v", v, s)
		}
		if s, _ := Find(stats, ServerRef{"bk_app", "nginx3"}); s.Weight != 10 || s.Act != 1 || s.Bck != 0 {
			t.Errorf("%s: nginx3 is %+v", v, s)
		}
		if s, ok := Frontend(stats, "app"); !ok || s.Status != "OPEN" || !s.Ref().IsZero() {
			t.Errorf("%s: frontend is %+v, found %t", v, s, ok)
		}
		if s, ok := find(stats, StatBackend, "bk_app", "BACKEND"); !ok || s.Status != "UP" || s.Algo != "roundrobin" {
			t.Errorf("%s: backend is %+v, found %t", v, s, ok)
		}
		if _, ok := Find(stats, ServerRef{"bk_app", "BACKEND"}); ok {
			t.Errorf("%s: the backend was taken for a server", v)
		}
	}
}

var statTests = []struct {
	name, in, fails string
	want            Stat
}{
	{name: "no more than it needs", in: "# pxname,svname,type\nb,s,2\n\n", want: Stat{Proxy: "b", Server: "s", Type: StatServer}},
	{name: "unknown, empty and extra columns", in: "# new,pxname,svname,scur,type,\nx,b,s,,2,,9\n", want: Stat{Proxy: "b", Server: "s", Type: StatServer}},
	{name: "quotes", in: "# pxname,svname,type,last_chk\nb,s,2,\"a, \"\"b\"\"\"\n", want: Stat{Proxy: "b", Server: "s", Type: StatServer, LastChk: `a, "b"`}},
	{name: "a column at the end is missing", in: "# pxname,svname,type,req_tot\nb,s,2\n", want: Stat{Proxy: "b", Server: "s", Type: StatServer}},
	{name: "a named column that comes twice", in: "# pxname,svname,type,-,-,req_tot\nb,s,2,,,7\n", want: Stat{Proxy: "b", Server: "s", Type: StatServer, ReqTot: 7}},
	{name: "empty", in: "", fails: "empty"},
	{name: "an error", in: "Permission denied\n", fails: "no header line"},
	{name: "no type column", in: "# pxname,svname\nb,s\n", fails: "no column type"},
	{name: "cut", in: "# pxname,svname,scur,type\nb,s,1\n", fails: "line 2: no proxy, server or type"},
	{name: "no number", in: "# pxname,svname,scur,type\nb,s,1,2\nb,s,one,2\n", fails: "line 3: column scur"},
	{name: "overflow", in: "# pxname,svname,stot,type\nb,s,99999999999999999999,2\n", fails: "column stot"},
	{name: "open quote", in: "# pxname,svname,type\nb,\"s,2\n", fails: "quote"},
}

func TestParseStatLines(t *testing.T) {
	for _, tt := range statTests {
		stats, err := ParseStat(strings.NewReader(tt.in))
		if tt.fails != "" {
			if err == nil || !strings.Contains(err.Error(), tt.fails) {
				t.Errorf("%s: %v, %v; want an error with %q", tt.name, stats, err, tt.fails)
			}
			continue
		}
		if err != nil || len(stats) != 1 || stats[0] != tt.want {
			t.Errorf("%s: %+v, %v; want %+v", tt.name, stats, err, tt.want)
		}
	}
}

func TestStatColumnsAreSorted(t *testing.T) {
	for i := 1; i < len(statColumns); i++ {
		if statColumns[i-1].name >= statColumns[i].name {
			t.Errorf("%s stands before %s", statColumns[i-1].name, statColumns[i].name)
		}
	}
}

func TestCheckRunning(t *testing.T) {
	for status, want := range map[string]bool{"* L4OK": true, "L4OK": false, "": false, "*": false} {
		if got := (Stat{CheckStatus: status}).CheckRunning(); got != want {
			t.Errorf("%q: %t", status, got)
		}
	}
}

func FuzzParseStat(f *testing.F) {
	for _, v := range versions {
		f.Add(testdata(f, "show-stat-"+v+".csv"))
	}
	for _, tt := range statTests {
		f.Add([]byte(tt.in))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		stats, err := ParseStat(bytes.NewReader(text))
		if err != nil && stats != nil {
			t.Error("lines beside an error")
		}
		for _, s := range stats {
			if s.Proxy == "" || s.Server == "" {
				t.Errorf("a line about nothing: %+v", s)
			}
		}
	})
}
