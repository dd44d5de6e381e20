package verify

import (
	"fmt"
	"strings"
	"testing"

	"halab/internal/haproxy"
	"halab/internal/history"
)

// several is a scenario whose traffic goes to two of three frontends. SERVER
// is the server of its only step.
const several = `apiVersion: halab/v1
name: several
haproxy: {version: "2.6"}
backends:
  - {name: bk_www, servers: {template: nginx, count: 2, address: "127.0.0.1:8001", nginx: 1.18.0}}
  - {name: bk_api, servers: {template: nginx, count: 2, address: "127.0.0.1:8101", nginx: 1.18.0}}
  - {name: bk_old, servers: {template: nginx, count: 2, address: "127.0.0.1:8201", nginx: 1.18.0}}
frontends:
  - {name: www, bind: ":80", default_backend: bk_www}
  - {name: api, bind: ":81", default_backend: bk_api}
  - {name: old, bind: ":82", default_backend: bk_old}
traffic: {frontends: [www, api], before: 1s, after: 1s, new: {rate: 100}}
steps:
  - maint: SERVER
`

func runs(role string) history.Software {
	return history.Software{Role: role, Name: "nginx", Asked: "1.18.0", Got: "1.18.0"}
}

// toSeveral is a run of that scenario. Requests for which unsent is true are
// missing, in HAProxy's counters too.
func toSeveral(server string, unsent func(*history.Request) bool) []history.Event {
	all := []history.Event{&history.Header{
		Version: history.Version, Scenario: strings.ReplaceAll(several, "SERVER", server),
		Software: []history.Software{runs("bk_www/nginx1"), runs("bk_www/nginx2"), runs("bk_api/nginx1"), runs("bk_api/nginx2")},
		Lanes:    []history.Lane{{Name: "new@www", Interval: 10 * ms}, {Name: "new@api", Interval: 10 * ms}},
	}}
	look := func(at history.Micros) {
		for _, backend := range []string{"bk_www", "bk_api", "bk_old"} {
			for _, name := range []string{"nginx1", "nginx2"} {
				all = append(all, &history.ServerState{At: at, Server: haproxy.ServerRef{Backend: backend, Server: name}, Status: "UP", Weight: 1})
			}
		}
	}
	look(1)
	counts := map[string]*history.Counters{}
	for _, name := range []string{"www", "api", "old"} {
		counts[name] = &history.Counters{At: allOver, Proxy: name, Final: true}
	}
	for i := range int64(201) {
		at := 10 * ms * history.Micros(i)
		for k, to := range []string{"www", "api"} {
			by := "bk_" + to + "/nginx1"
			if at < command && i%2 == 1 {
				by = "bk_" + to + "/nginx2"
			}
			r := &history.Request{
				ID: fmt.Sprintf("new.%d-%d", k+1, i+1), Lane: "new@" + to, Conn: 2*i + int64(k) + 1, Intended: at, Sent: at + 1, First: at + ms, Done: at + ms,
				Status: 200, Header: "nginx/1.18.0", Server: by, Want: 7, Got: 7, Outcome: history.OK,
				Log: &history.Seen{State: "--", Server: by, Status: 200, Bytes: 200},
			}
			if !unsent(r) {
				all, counts[to].ReqTot = append(all, r), counts[to].ReqTot+1
			}
		}
		if at == command {
			look(at)
			step := history.Step{At: at + 2, Index: 1, Kind: "maint", Text: "maint: " + server, Line: 13}
			for _, phase := range []history.Phase{history.Begin, history.Command, history.Ended} {
				e := step
				if e.Phase = phase; phase == history.Command {
					e.At, e.Command, e.Server = at+3, "set server "+server+" state maint", server
				}
				all = append(all, &e)
			}
		}
	}
	counts["old"].ReqTot = 3 // of somebody else: none of the traffic's business
	return append(all, counts["www"], counts["api"], counts["old"], &history.End{At: allOver})
}

func TestSeveralFrontends(t *testing.T) {
	pause := func(lanes ...string) func(*history.Request) bool {
		return func(r *history.Request) bool {
			return strings.Contains(strings.Join(lanes, " "), r.Lane) && r.Intended > 1200*ms && r.Intended < 1900*ms
		}
	}
	for _, tc := range []struct {
		name, server string
		unsent       func(*history.Request) bool
		change       func(all []history.Event)
		want         Result
		invariant    string
		text         string
	}{
		{"all", "bk_api/nginx2", pause(), nil, Pass, "accounts agree", "402 requests answered, 402 in HAProxy's counter, 402 in its log"},
		{"one is not seen for a while", "bk_api/nginx2", pause("new@api"), nil, Inconclusive, "coverage", "the largest gap between two probes is 700ms"},
		{"a step apart", "bk_old/nginx2", pause(), nil, Inconclusive, procedureName, "no traffic reaches the servers that the steps were for"},
		{"a counter is missing", "bk_api/nginx2", pause(), func(all []history.Event) { all[len(all)-3] = &history.Note{Text: "gone"} }, Inconclusive, "accounts agree", "counters at the end are not known"},
		{"one more at one of them", "bk_api/nginx2", pause(), func(all []history.Event) { all[len(all)-4].(*history.Counters).ReqTot++ }, Inconclusive, "accounts agree", "something else sent requests"},
	} {
		t.Run(strings.ReplaceAll(tc.name, " ", "_"), func(t *testing.T) {
			all := toSeveral(tc.server, tc.unsent)
			if tc.change != nil {
				tc.change(all)
			}
			check(t, &source{events: all}).wants(t, tc.want, tc.invariant, tc.text)
		})
	}
}
