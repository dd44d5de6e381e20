package container

import (
	"encoding/binary"
	"os"
	"slices"
	"strings"
	"testing"
)

// routeTable is what a machine with an engine shows. Its numbers are in the
// order of a little-endian machine.
const routeTable = `Iface	Destination	Gateway 	Flags	RefCnt	Use	Metric	Mask		MTU	Window	IRTT                                                       
eth0	00000000	010200C0	0003	0	0	0	00000000	0	0	0                                                                             
docker0	000011AC	00000000	0001	0	0	0	0000FFFF	0	0	0                                                                          
eth0	000200C0	00000000	0001	0	0	0	00FFFFFF	0	0	0                                                                             
tun0	0000000A	00000000	0001	0	0	0	000000FF	0	0	0                                                                             
`

func TestParseRoutes(t *testing.T) {
	if binary.NativeEndian.Uint16([]byte{1, 0}) != 1 {
		if os.Getenv("CI") == "true" {
			t.Fatal("the table is that of a little-endian machine, and CI=true")
		}
		t.Skip("the table is that of a little-endian machine")
	}
	want := prefixes("172.17.0.0/16", "192.0.2.0/24", "10.0.0.0/8")
	if got := parseRoutes(strings.NewReader(routeTable)); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func FuzzParseRoutes(f *testing.F) {
	f.Add(routeTable)
	f.Add("eth0 0 0 0 0 0 0 1 0")
	f.Fuzz(func(t *testing.T, text string) {
		for _, p := range parseRoutes(strings.NewReader(text)) {
			if !p.IsValid() || p.Bits() == 0 {
				t.Errorf("%v", p)
			}
		}
	})
}
