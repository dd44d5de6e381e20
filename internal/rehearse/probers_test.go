package rehearse

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"halab/internal/scenario"
	"halab/internal/upgrade"
)

// TestPages: a page is right by the server that answers, and one of another
// backend only where the scenario says that both have it.
func TestPages(t *testing.T) {
	const text = `apiVersion: halab/v1
name: pages
haproxy: {version: "2.6"}
backends:
  - name: bk_app
    servers:
      - {name: nginx1, address: "127.0.0.1:81", nginx: 1.18.0}
      - {name: nginx2, address: "127.0.0.1:82", nginx: 1.18.0, content: same}
  - name: bk_new
    servers:
      - {name: nginx1, address: "127.0.0.1:91", nginx: 1.18.0}
      - {name: nginx2, address: "127.0.0.1:92", nginx: 1.18.0, content: same}
      - {name: nginx3, address: "127.0.0.1:93", nginx: 1.18.0, content: other}
frontends: [{name: app, bind: ":80", default_backend: bk_app}]
steps: [{wait: 1s}]
`
	s, err := scenario.Parse("pages.yaml", []byte(text), upgrade.Kinds())
	if err != nil {
		t.Fatal(err)
	}
	got := Target(s, s.TrafficFrontend(), "127.0.0.1:1").Bodies
	if names := strings.Join(slices.Sorted(maps.Keys(got)), " "); names != "bk_app/nginx1 bk_app/nginx2 bk_new/nginx2" {
		t.Errorf("pages of %s", names)
	}
	if got["bk_app/nginx1"] != "nginx1\n" || !strings.HasPrefix(got["bk_new/nginx2"], "same") {
		t.Errorf("%q", got)
	}
}
