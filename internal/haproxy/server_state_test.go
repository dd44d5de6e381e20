package haproxy

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

func TestParseServersState(t *testing.T) {
	for _, v := range versions {
		states, err := ParseServersState(bytes.NewReader(testdata(t, "servers-state-"+v+".txt")))
		if err != nil {
			t.Fatalf("%s: %v", v, err)
		}
		type brief struct {
			Name    string
			Port    int
			Oper    OperState
			Admin   AdminState
			Uweight int
		}
		var got []brief
		for _, s := range states {
			got = append(got, brief{s.Ref.String(), s.Port, s.Oper, s.Admin, s.Uweight})
			if s.Addr != "127.0.0.1" || s.Iweight != s.Uweight || s.FQDN != "" {
				t.Errorf("%s: %+v", v, s)
			}
		}
		want := []brief{
			{"bk_app/nginx1", 18981, Stopped, 0, 1},
			{"bk_app/nginx2", 18982, Stopped, FMAINT, 1},
			{"bk_app/nginx3", 18983, Stopped, IMAINT, 10},
			{"bk_app/nginx4", 18984, Stopped, FMAINT | CMAINT, 1},
			{"bk_app/nginx5", 18985, Running, 0, 1},
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s:\n%v, want\n%v", v, got, want)
		}
		if s, ok := FindState(states, ServerRef{"bk_app", "nginx3"}); !ok || s.Port != 18983 {
			t.Errorf("%s: nginx3 is %+v, found %t", v, s, ok)
		}
		if _, ok := FindState(states, ServerRef{"bk_app", "nginx9"}); ok {
			t.Errorf("%s: found a server that is not there", v)
		}
	}
}

const stateColumns = "# be_name srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight " +
	"srv_time_since_last_change srv_check_health srv_fqdn srv_port\n"

var serversStateTests = []struct {
	name, in, fails string
	want            []ServerState
}{
	{name: "one", in: "1\n" + stateColumns + "b s 10.0.0.1 2 8 5 7 60 3 a.example 80\n\n", want: []ServerState{{
		Ref: ServerRef{"b", "s"}, Addr: "10.0.0.1", Port: 80, Oper: Running, Admin: FDRAIN,
		Uweight: 5, Iweight: 7, SinceChange: 60, CheckHealth: 3, FQDN: "a.example"}}},
	{name: "no servers", in: "1\n" + stateColumns},
	{name: "empty", in: "", fails: "no line of column names"},
	{name: "another format", in: "2\n" + stateColumns, fails: `format "2"`},
	{name: "an error", in: "Can't find backend.\n", fails: "line 1: format"},
	{name: "no columns", in: "1\nb s\n", fails: "line 2: no line of column names"},
	{name: "a column is missing", in: "1\n# be_name srv_name\nb s\n", fails: "no column srv_addr"},
	{name: "cut", in: "1\n" + stateColumns + "b s 10.0.0.1 2 8 5\n", fails: "line 3: no column srv_port"},
	{name: "no number", in: "1\n" + stateColumns + "b s 10.0.0.1 up 8 5 7 60 3 - 80\n", fails: "column srv_op_state"},
	{name: "more than a mask holds", in: "1\n" + stateColumns + "b s 10.0.0.1 2 256 5 7 60 3 - 80\n", fails: "column srv_admin_state"},
	{name: "negative", in: "1\n" + stateColumns + "b s 10.0.0.1 2 -1 5 7 60 3 - 80\n", fails: "column srv_admin_state"},
	{name: "a line without end", in: "1\n" + strings.Repeat("x", maxStateLine+1), fails: "too long"},
}

func TestParseServersStateLines(t *testing.T) {
	for _, tt := range serversStateTests {
		got, err := ParseServersState(strings.NewReader(tt.in))
		if tt.fails != "" {
			if err == nil || !strings.Contains(err.Error(), tt.fails) {
				t.Errorf("%s: %v, %v; want an error with %q", tt.name, got, err, tt.fails)
			}
			continue
		}
		if err != nil || !slices.Equal(got, tt.want) {
			t.Errorf("%s: %+v, %v; want %+v", tt.name, got, err, tt.want)
		}
	}
}

func FuzzParseServersState(f *testing.F) {
	for _, v := range versions {
		f.Add(testdata(f, "servers-state-"+v+".txt"))
	}
	for _, tt := range serversStateTests {
		f.Add([]byte(tt.in))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		states, err := ParseServersState(bytes.NewReader(text))
		if err != nil && states != nil {
			t.Error("servers beside an error")
		}
		for _, s := range states {
			_, _ = s.Oper.String(), s.Admin.String()
		}
	})
}
