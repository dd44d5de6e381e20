package container

import (
	"bufio"
	"encoding/binary"
	"io"
	"math/bits"
	"net/netip"
	"os"
	"strconv"
	"strings"
)

// routes are the IPv4 networks of the kernel's main routing table.
func routes() []netip.Prefix {
	f, err := os.Open("/proc/net/route")
	if err != nil {
		return nil // then the engine's own check has to do
	}
	defer f.Close()
	return parseRoutes(f)
}

// parseRoutes reads /proc/net/route: a header, then a line a route whose
// second and eighth fields are the destination and the mask, as the
// hexadecimal value that their bytes have in this machine's order (proc(5)).
// The default route is left out, and so is a line that is none.
func parseRoutes(r io.Reader) []netip.Prefix {
	var out []netip.Prefix
	for lines := bufio.NewScanner(r); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		if len(fields) < 8 {
			continue
		}
		dest, err1 := strconv.ParseUint(fields[1], 16, 32)
		mask, err2 := strconv.ParseUint(fields[7], 16, 32)
		if err1 != nil || err2 != nil || mask == 0 {
			continue
		}
		var a [4]byte
		binary.NativeEndian.PutUint32(a[:], uint32(dest))
		out = append(out, netip.PrefixFrom(netip.AddrFrom4(a), bits.OnesCount32(uint32(mask))).Masked())
	}
	return out
}
