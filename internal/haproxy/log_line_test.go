package haproxy

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

const tcpLine = `{"accept_ms":1795338106757,"end_us":1795338106757863,"ip":"127.0.0.1","port":35260,` +
	`"fe":"tcp","be":"bkt","srv":"s","ts":"--","bytes":59,"actconn":1,"feconn":2,"beconn":3,"srvconn":4,` +
	`"retries":"+1","srvq":5,"beq":6,"th":0,"tw":1,"tc":2,"tt":3}`

const httpLine = `{"id":"\"q\\\u0001","req_us":"1795338106754069","accept_ms":1795338106753,"end_us":1795338106754203,` +
	`"ip":"127.0.0.1","port":54248,"fe":"app","be":"bk","srv":"<NOSRV>","ts":"SC","bytes":51,"actconn":2,"feconn":2,` +
	`"beconn":0,"srvconn":0,"retries":"3","srvq":0,"beq":0,"status":503,"th":0,"ti":1,"tr":2,"tw":-1,"tc":-1,` +
	`"tresp":-1,"ta":7,"method":"GET","uri":"\/a"}`

var logLineTests = []struct {
	name, in, fails string
	want            LogLine
}{
	{name: "tcp", in: tcpLine + "\n", want: LogLine{
		AcceptUS: 1795338106757000, EndUS: 1795338106757863, ClientIP: "127.0.0.1", ClientPort: 35260,
		Frontend: "tcp", Backend: "bkt", Server: "s", State: "--", Bytes: 59, Tw: 1, Tc: 2, Tt: 3,
		Retries: 1, Redispatched: true, Actconn: 1, Feconn: 2, Beconn: 3, SrvConn: 4, SrvQueue: 5, BackendQueue: 6}},
	{name: "http", in: httpLine, want: LogLine{
		ID: "\"q\\\x01", RequestUS: 1795338106754069, AcceptUS: 1795338106753000, EndUS: 1795338106754203,
		ClientIP: "127.0.0.1", ClientPort: 54248, Frontend: "app", Backend: "bk", Server: "<NOSRV>", State: "SC",
		Bytes: 51, Retries: 3, Actconn: 2, Feconn: 2, Status: 503, Ti: 1, TR: 2, Tw: -1, Tc: -1, Tr: -1, Ta: 7,
		Method: "GET", URI: "/a"}},
	{name: "absent values", in: `{"id":"-","req_us":"-","fe":"a","ts":"PR","retries":"0","method":"-","uri":"-"}`,
		want: LogLine{Frontend: "a", State: "PR"}},
	{name: "cut", in: httpLine[:300], fails: "unexpected end"},
	{name: "two objects", in: tcpLine + tcpLine, fails: "invalid character"},
	{name: "another object", in: `{"level":"info"}`, fails: "no frontend"},
	{name: "retries", in: strings.Replace(tcpLine, `"+1"`, `"-1"`, 1), fails: "retries"},
	{name: "request date", in: strings.Replace(httpLine, `"1795338106754069"`, `"soon"`, 1), fails: "req_us"},
	{name: "no traffic", in: "Server bk_app/nginx2 is UP.", fails: "not a traffic line"},
	{name: "empty", in: "", fails: "not a traffic line"},
}

func TestParseLogLine(t *testing.T) {
	for _, tt := range logLineTests {
		got, err := ParseLogLine([]byte(tt.in))
		if tt.fails != "" {
			if err == nil || !strings.Contains(err.Error(), tt.fails) || got != (LogLine{}) {
				t.Errorf("%s: %+v, %v; want an error with %q", tt.name, got, err, tt.fails)
			}
			if errors.Is(err, ErrNotTraffic) != strings.Contains(tt.fails, "traffic") {
				t.Errorf("%s: ErrNotTraffic is %t", tt.name, errors.Is(err, ErrNotTraffic))
			}
			continue
		}
		if err != nil || got != tt.want {
			t.Errorf("%s:\n%+v, %v; want\n%+v", tt.name, got, err, tt.want)
		}
	}
}

func TestLogLineRef(t *testing.T) {
	for server, want := range map[string]ServerRef{"s": {"b", "s"}, "<NOSRV>": {}, "<STATS>": {}, "": {}} {
		if got := (LogLine{Backend: "b", Server: server}).Ref(); got != want {
			t.Errorf("%q: %v, want %v", server, got, want)
		}
	}
}

func FuzzParseLogLine(f *testing.F) {
	for _, tt := range logLineTests {
		f.Add([]byte(tt.in))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		want, err := ParseLogLine(line)
		if err != nil {
			return
		}
		text, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		var got LogLine
		if err := json.Unmarshal(text, &got); err != nil || got != want {
			t.Errorf("%s came back as %+v, %v", text, got, err)
		}
	})
}
