package container

import (
	"strconv"
	"strings"

	"halab/internal/haproxy"
)

// aliases are the host names of servers inside the lab's network: the
// server's name where that is one of a kind, else backend-server, else with a
// number behind.
func aliases(refs []haproxy.ServerRef) map[haproxy.ServerRef]string {
	count := map[string]int{}
	for _, ref := range refs {
		count[hostName(ref.Server)]++
	}
	out := map[haproxy.ServerRef]string{}
	used := map[string]bool{haproxyHost: true, "localhost": true}
	for _, ref := range refs {
		name := hostName(ref.Server)
		if count[name] > 1 || used[name] {
			name = hostName(ref.Backend + "-" + ref.Server)
		}
		unique := name
		for n := 2; used[unique]; n++ {
			unique = name + "-" + strconv.Itoa(n)
		}
		used[unique] = true
		out[ref] = unique
	}
	return out
}

// haproxyHost is HAProxy's own host name.
const haproxyHost = "haproxy"

// maxLabel bounds a host name's label (RFC 1035, 2.3.4), with room for a
// number behind.
const maxLabel = 63 - 4

// hostName makes a host name of a name that HAProxy takes: lower case letters,
// digits and dashes, and a letter in front, so that it is never taken for an
// address (RFC 1035, 2.3.1).
func hostName(name string) string {
	clean := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			return r
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		}
		return '-'
	}, name)
	clean = strings.Trim(clean, "-")
	if clean == "" || clean[0] >= '0' && clean[0] <= '9' {
		clean = strings.TrimSuffix("s-"+clean, "-")
	}
	return strings.TrimRight(clean[:min(len(clean), maxLabel)], "-")
}
