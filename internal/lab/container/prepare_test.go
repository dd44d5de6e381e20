package container

import (
	"maps"
	"net/netip"
	"slices"
	"testing"

	"github.com/moby/moby/api/types/network"

	"halab/internal/haproxy"
	"halab/internal/lab"
	"halab/internal/render"
	"halab/internal/scenario"
)

const twoFrontends = `apiVersion: halab/v1
name: two
haproxy: {version: "2.6"}
backends:
  - name: bk_app
    servers:
      - {name: nginx1, address: 10.1.0.1:80, nginx: 1.22.1, check: true}
      - {name: nginx2, address: 10.1.0.2:80, nginx: 1.18.0, check: true}
frontends:
  - {name: one, bind: "127.0.0.1:9999", default_backend: bk_app}
  - {name: two, bind: "127.0.0.2:9999", default_backend: bk_app}
`

func TestLayout(t *testing.T) {
	s, err := scenario.Parse("two.yaml", []byte(twoFrontends), nil)
	if err != nil {
		t.Fatal(err)
	}
	site := lab.Site{ID: "0123456789ab", Scenario: s}
	refs := s.ServerRefs()
	p := &plan{site: site, alias: map[string]string{}, address: map[string]netip.Addr{}, publish: network.PortMap{}}
	for ref, name := range aliases(refs) {
		p.alias[ref.String()] = name
	}
	l, err := p.layout(refs)
	if err != nil {
		t.Fatal(err)
	}
	// Two addresses on one port are one address in the container.
	if want := map[string]string{"one": ":9999", "two": ":10000"}; !maps.Equal(l.Target.Binds, want) {
		t.Errorf("binds %v, want %v", l.Target.Binds, want)
	}
	if got := p.unbound(adminPort); got != 10001 {
		t.Errorf("stats socket at port %d, want the first that no frontend has", got)
	}
	// Two servers on one port of two addresses each have their own container.
	want := map[haproxy.ServerRef]render.Place{
		refs[0]: {Connect: "nginx1:80", Listen: "80"},
		refs[1]: {Connect: "nginx2:80", Listen: "80"},
	}
	if !maps.Equal(l.Target.Servers, want) {
		t.Errorf("servers %v, want %v", l.Target.Servers, want)
	}
	for port, bindings := range p.publish {
		if len(bindings) != 1 || !bindings[0].HostIP.IsLoopback() {
			t.Errorf("port %v is published at %v", port, bindings)
		}
	}

	p.place(netip.MustParsePrefix("10.7.0.0/28"), refs)
	if want := []string{"nginx1:10.7.0.3", "nginx2:10.7.0.4"}; !slices.Equal(p.extra, want) || p.address[lab.HAProxyRole].String() != "10.7.0.2" {
		t.Errorf("hosts %v, HAProxy at %v", p.extra, p.address[lab.HAProxyRole])
	}
}
