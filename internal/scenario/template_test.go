package scenario

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
)

// withServers is a scenario with these servers in backend bk.
func withServers(servers string) []byte {
	return []byte(`apiVersion: halab/v1
name: fleet
haproxy: {version: "2.6"}
frontends:
  - {name: app, bind: ":80", default_backend: bk}
backends:
  - name: bk
    servers: ` + servers + "\n")
}

func TestTemplate(t *testing.T) {
	const one = `{template: nginx, count: 3, address: "[::1]:8001", nginx: 1.18.0, check: true, inter: 500ms, weight: 7}`
	for _, tc := range []struct {
		name, servers string
		want          string // the names and addresses
	}{
		{"alone", one, "nginx1 [::1]:8001, nginx2 [::1]:8002, nginx3 [::1]:8003"},
		{"in a list", "[" + one + "]", "nginx1 [::1]:8001, nginx2 [::1]:8002, nginx3 [::1]:8003"},
		{"one server alone", `{name: a, address: "h:1", nginx: 1.18.0}`, "a h:1"},
		{"among servers", `[{name: a, address: "h:1", nginx: 1.18.0}, ` + one + `, {name: b, address: "h:2", nginx: 1.18.0}]`,
			"a h:1, nginx1 [::1]:8001, nginx2 [::1]:8002, nginx3 [::1]:8003, b h:2"},
		{"to the last port", `{template: x, count: 2, address: "h:65534", nginx: 1.18.0}`, "x1 h:65534, x2 h:65535"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s, err := Parse("t.yaml", withServers(tc.servers), testKinds())
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for i, srv := range s.Backends[0].Servers {
				got = append(got, srv.Name+" "+srv.Address)
				if pos, ok := s.PosOf(fmt.Sprintf("backends[0].servers[%d]", i)); !ok || pos.Line != 8 {
					t.Errorf("%s is at %v, %v", srv.Name, pos, ok)
				}
				if strings.HasPrefix(srv.Name, "nginx") && (*srv.Weight != 7 || srv.InterD() != 500*time.Millisecond || !srv.Check || srv.Nginx != "1.18.0") {
					t.Errorf("%s is %+v", srv.Name, srv)
				}
			}
			if text := strings.Join(got, ", "); text != tc.want {
				t.Errorf("%s, want %s", text, tc.want)
			}
		})
	}
}

// What a server may have, a template may have: it is written as its servers
// are.
func TestTemplateHasEveryKeyOfAServer(t *testing.T) {
	has := map[string]bool{"name": true}
	for _, f := range fieldsOf(reflect.TypeFor[ServerTemplate]()) {
		has[f.name] = true
	}
	for _, f := range fieldsOf(reflect.TypeFor[Server]()) {
		if !has[f.name] {
			t.Errorf("a template has no %s", f.name)
		}
	}
}
