package container

import (
	"encoding/binary"
	"math/bits"
	"net"
	"net/netip"
)

// pools are where a lab's network may lie: the private ranges (RFC 1918), and
// where a host routes all of those the range for benchmarks (RFC 2544).
var pools = []netip.Prefix{
	netip.MustParsePrefix("10.0.0.0/8"),
	netip.MustParsePrefix("172.16.0.0/12"),
	netip.MustParsePrefix("192.168.0.0/16"),
	netip.MustParsePrefix("198.18.0.0/15"),
}

// triesPerPool is how many places in a pool are tried before the next one.
const triesPerPool = 64

// pickSubnet is a subnet for this many containers that overlaps nothing of
// taken. random returns a number below n.
func pickSubnet(hosts int, taken []netip.Prefix, random func(n uint32) uint32) (netip.Prefix, bool) {
	// Beside the containers: network, broadcast, and the engine's gateway.
	size := max(4, bits.Len(uint(hosts+3-1)))
	for _, pool := range pools {
		places := uint32(1) << (32 - pool.Bits() - size)
		for range triesPerPool {
			base := binary.BigEndian.Uint32(pool.Addr().AsSlice()) + random(places)<<size
			subnet := netip.PrefixFrom(addr(base), 32-size)
			if !overlaps(subnet, taken) {
				return subnet, true
			}
		}
	}
	return netip.Prefix{}, false
}

func overlaps(subnet netip.Prefix, taken []netip.Prefix) bool {
	for _, t := range taken {
		if subnet.Overlaps(t) {
			return true
		}
	}
	return false
}

func addr(n uint32) netip.Addr {
	var b [4]byte
	binary.BigEndian.PutUint32(b[:], n)
	return netip.AddrFrom4(b)
}

// gateway is the number of the engine's own address in a subnet: that of this
// machine, where the engine runs on it and as root.
const gateway = 1

// host is the address number n of subnet.
func host(subnet netip.Prefix, n int) netip.Addr {
	return addr(binary.BigEndian.Uint32(subnet.Addr().AsSlice()) + uint32(n))
}

// hostNetworks are the IPv4 networks that this machine has addresses in or
// routes to. The default route is none of them.
func hostNetworks() []netip.Prefix {
	out := routes()
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		return out
	}
	for _, a := range addresses {
		if p, err := netip.ParsePrefix(a.String()); err == nil && p.Addr().Is4() {
			out = append(out, p.Masked())
		}
	}
	return out
}
