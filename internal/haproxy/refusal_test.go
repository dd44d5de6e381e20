package haproxy

import (
	"strings"
	"testing"
)

func TestRefusal(t *testing.T) {
	for _, tt := range []struct{ output, want string }{
		{"", ""},
		{"\n\n", ""},
		{"done\n", ""},
		{"nginx2 has 3 sessions\nNo such server.\n\n", "No such server."},
		{"[3]: No such server.\n", "No such server."},
		{"[6]: fine\n", ""},
		{"Unknown command: 'st server', but maybe one of the following ones is a better match:\n", "Unknown command: 'st server', but maybe one of the following ones is a better match:"},
		{"[NOTICE]   (7) : haproxy version is 2.6.12\n[ALERT]    (7) : config : parsing [bad.cfg:9] : unknown keyword 'frontned'\n", "[ALERT]    (7) : config : parsing [bad.cfg:9] : unknown keyword 'frontned'"},
	} {
		if got := Refusal(tt.output); got != tt.want {
			t.Errorf("%q: %q, want %q", tt.output, got, tt.want)
		}
	}
}

func FuzzRefusal(f *testing.F) {
	f.Add("[3]: No such server.\n")
	f.Add("[\n]:")
	f.Fuzz(func(t *testing.T, output string) {
		if got := Refusal(output); !strings.Contains(output, got) {
			t.Errorf("%q is nowhere in %q", got, output)
		}
	})
}
