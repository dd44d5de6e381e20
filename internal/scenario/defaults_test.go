package scenario

import (
	"reflect"
	"testing"
	"time"
)

func TestDefaults(t *testing.T) {
	var d Defaults
	bare, tcp := Defaults{Bare: true}, Defaults{Mode: ModeTCP, Option: []string{"redispatch"}}
	own := Defaults{Option: []string{"httplog clf"}, Timeout: Timeouts{Client: Duration(time.Second)}}
	var tr Traffic
	var srv Server
	for _, tc := range []struct {
		what      string
		got, want any
	}{
		{"mode", d.EffectiveMode(), "http"},
		{"bare mode", bare.EffectiveMode(), "tcp"},
		{"option", d.EffectiveOption(), []string{"httplog", "dontlognull"}},
		{"option, tcp", tcp.EffectiveOption(), []string{"tcplog", "dontlognull", "redispatch"}},
		{"option, own", own.EffectiveOption(), []string{"dontlognull", "httplog clf"}},
		{"bare option", len(bare.EffectiveOption()), 0},
		{"timeout", d.EffectiveTimeout(), Timeouts{Connect: Duration(5 * time.Second), Client: Duration(50 * time.Second), Server: Duration(50 * time.Second)}},
		{"own timeout", own.EffectiveTimeout().Client.D(), time.Second},
		{"bare timeout", bare.EffectiveTimeout(), Timeouts{}},
		{"before", tr.BeforeD(), 2 * time.Second},
		{"after", tr.AfterD(), 2 * time.Second},
		{"request", tr.TimeoutD(), 10 * time.Second},
		{"path", tr.EffectivePath(), "/"},
		{"poll", tr.EffectivePoll(), &Poll{}},
		{"no poll", Traffic{New: &New{Rate: 1}}.EffectivePoll(), (*Poll)(nil)},
		{"interval", Poll{}.IntervalD(), 2 * time.Second},
		{"connections", Kept{}.Conns(), 10},
		{"body", srv.Body("nginx1"), "nginx1\n"},
		{"inter", srv.InterD(), 2 * time.Second},
		{"rise, fall", []int{srv.Rises(), srv.Falls()}, []int{2, 3}},
		{"verdict", Expect{}.EffectiveVerdict(), "PASS"},
		{"status", Expect{}.Statuses(), []int{200}},
		{"within", Switch{}.WithinD(), 2 * time.Second},
		{"check", []string{HTTPChk{}.EffectiveMethod(), HTTPChk{}.EffectiveURI()}, []string{"OPTIONS", "/"}},
	} {
		if !reflect.DeepEqual(tc.got, tc.want) {
			t.Errorf("%s: %v, want %v", tc.what, tc.got, tc.want)
		}
	}
}

func TestModeOf(t *testing.T) {
	s := &Scenario{
		HAProxy:   HAProxy{Defaults: Defaults{Mode: ModeTCP}},
		Frontends: []Frontend{{Name: "a", Mode: ModeHTTP}, {Name: "b"}},
		Backends:  []Backend{{Name: "c", Mode: ModeHTTP}},
	}
	for name, want := range map[string]string{"a": "http", "b": "tcp", "c": "http", "nowhere": "tcp"} {
		if got := s.ModeOf(name); got != want {
			t.Errorf("ModeOf(%q) = %q, want %q", name, got, want)
		}
	}
}
