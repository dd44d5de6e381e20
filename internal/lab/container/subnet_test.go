package container

import (
	"net/netip"
	"testing"
)

func prefixes(texts ...string) []netip.Prefix {
	var out []netip.Prefix
	for _, text := range texts {
		out = append(out, netip.MustParsePrefix(text))
	}
	return out
}

func TestPickSubnet(t *testing.T) {
	const private = "10.0.0.0/8"
	tests := []struct {
		name  string
		hosts int
		taken []netip.Prefix
		want  string // "" is none
	}{
		{"first", 3, nil, "10.0.0.0/28"},
		{"thirteen fit a /28", 13, nil, "10.0.0.0/28"},
		{"fourteen do not", 14, nil, "10.0.0.0/27"},
		{"a hundred servers", 101, nil, "10.0.0.0/25"},
		{"a thousand servers", 1001, nil, "10.0.0.0/22"},
		{"next to a small one", 3, prefixes("10.0.0.5/32"), "10.0.0.16/28"},
		{"a route to a pool", 3, prefixes(private), "172.16.0.0/28"},
		{"routes to all private ranges", 3, prefixes(private, "172.16.0.0/12", "192.168.0.0/16"), "198.18.0.0/28"},
		{"a route to everything", 3, prefixes("0.0.0.0/1", "128.0.0.0/1"), ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var next uint32
			inOrder := func(n uint32) uint32 {
				defer func() { next++ }()
				return next % n
			}
			got, ok := pickSubnet(tt.hosts, tt.taken, func(n uint32) uint32 {
				if next == triesPerPool {
					next = 0 // another pool begins
				}
				return inOrder(n)
			})
			if ok != (tt.want != "") || ok && got.String() != tt.want {
				t.Errorf("got %v %v, want %q", got, ok, tt.want)
			}
			if ok && !got.Contains(host(got, tt.hosts+1)) {
				t.Errorf("%v has no room for %d containers", got, tt.hosts)
			}
		})
	}
}

func TestHostNetworks(t *testing.T) {
	loopback := netip.MustParseAddr("127.0.0.1")
	for _, p := range hostNetworks() {
		if p.Bits() == 0 {
			t.Errorf("%v, a default route, is taken for a network", p)
		}
		if p.Contains(loopback) {
			return
		}
	}
	t.Error("loopback is none of this machine's networks")
}
