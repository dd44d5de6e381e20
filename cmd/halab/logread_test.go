package main

import (
	"strings"
	"testing"
	"time"
)

// logSample is what the programs of a lab write, one source after the other.
var logSample = []logLine{
	{"bk_app/nginx1", `nginx: [alert] could not open error log file`},
	{"bk_app/nginx1", `2026/12/01 03:10:10 [notice] 7#7: nginx/1.22.1`},
	{"bk_app/nginx1", `2026/12/01 03:10:11`},
	{"haproxy", `{"id":"-","req_us":"1796094610104138","accept_ms":1796094610103,"end_us":1796094610104650,"ip":"127.0.0.1","port":53684,"fe":"app","be":"bk_app","srv":"nginx2","ts":"--","bytes":232,"actconn":1,"feconn":1,"beconn":0,"srvconn":0,"retries":"0","srvq":0,"beq":0,"status":200,"th":0,"ti":9,"tr":1,"tw":2,"tc":3,"tresp":4,"ta":5,"method":"GET","uri":"\/a"}`},
	{"haproxy", `Server bk_app/nginx2 is DOWN`},
	{"haproxy", `{"id":"-","req_us":"-","accept_ms":1796094612103,"end_us":1796094612104650,"ip":"127.0.0.1","port":1,"fe":"app","be":"bk_app","srv":"<NOSRV>","ts":"SC","bytes":2,"actconn":1,"feconn":1,"beconn":0,"srvconn":0,"retries":"+2","srvq":0,"beq":0,"status":503,"th":0,"ti":0,"tr":0,"tw":0,"tc":-1,"tresp":-1,"ta":3,"method":"GET","uri":"\/"}`},
	{"haproxy", `{"accept_ms":1796094613103,"end_us":1796094613104650,"ip":"127.0.0.1","port":1,"fe":"plain","be":"bk_tcp","srv":"nginx1","ts":"--","bytes":2,"actconn":1,"feconn":1,"beconn":0,"srvconn":0,"retries":"0","srvq":0,"beq":0,"th":0,"tw":1,"tc":2,"tt":3}`},
	{"haproxy", `{"id":"cut`},
	{"bk_app/nginx2 access", `an id 1796094610.104 200 7 OK "GET /a HTTP/1.1"`},
	{"bk_app/nginx2 access", `- 1796094611.500 200 7  "GET /b HTTP/1.1"`},
	{"bk_app/nginx2 access", `no line of the format`},
}

const logSampleShown = `              bk_app/nginx1 | nginx: [alert] could not open error log file
03:10:10      bk_app/nginx1 | [notice] 7#7: nginx/1.22.1
              bk_app/nginx1 | 2026/12/01 03:10:11
03:10:10.104  bk_app/nginx2 | 200  7 bytes  GET /a HTTP/1.1
03:10:10.104  haproxy       | app→bk_app/nginx2  200  --  1/2/3/4/5 ms  GET /a
              haproxy       | Server bk_app/nginx2 is DOWN
03:10:11.500  bk_app/nginx2 | 200  7 bytes  GET /b HTTP/1.1  (not sent whole)
              bk_app/nginx2 | no line of the format
03:10:12.104  haproxy       | app→bk_app/<NOSRV>  503  SC  0/0/-1/-1/3 ms  GET /  (retries 2, redispatched)  # no server took the connection: it was refused or reset, or there was none to try
03:10:13.104  haproxy       | plain→bk_tcp/nginx1  tcp  --  1/2/3 ms
              haproxy       | {"id":"cut
`

func TestMergedLog(t *testing.T) {
	var out strings.Builder
	m := newMerger(&out, time.UTC)
	m.local = time.UTC
	for _, l := range logSample {
		m.add(l)
	}
	if err := m.flush(); err != nil {
		t.Fatal(err)
	}
	if out.String() != logSampleShown {
		t.Errorf("\n%s\nwant\n%s", out.String(), logSampleShown)
	}
	if err := m.flush(); err != nil || out.String() != logSampleShown {
		t.Error("lines are shown twice")
	}
}

// What is not in the formats of the lab stays as it is, and nothing is lost.
func FuzzReadLog(f *testing.F) {
	for _, l := range logSample {
		f.Add(l.Source, l.Text)
	}
	f.Add("bk_app/nginx1 access", `- 99999999999999999.999 200 7 OK "`)
	f.Fuzz(func(t *testing.T, source, text string) {
		r := read(logLine{source, text}, time.UTC, time.UTC)
		if r.at.IsZero() != (r.stamp == "") || r.stamp == "" && r.text != text {
			t.Errorf("%+v", r)
		}
	})
}
