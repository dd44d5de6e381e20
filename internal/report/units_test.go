package report

import (
	"strings"
	"testing"

	"halab/internal/history"
	"halab/internal/verify"
)

func TestRatioNeverRoundsToAllOrNone(t *testing.T) {
	for _, c := range []struct {
		n, all int64
		want   string
	}{
		{0, 10, "0 %"},
		{10, 10, "all"},
		{0, 0, "none"},
		{1, 3, "33.3 %"},
		{1, 2, "50 %"},
		{1, 1_000_000, "0.0001 %"},
		{29_999, 30_000, "99.997 %"},
		{999_999_999, 1_000_000_000, "99.9999999 %"},
	} {
		if got := ratio(c.n, c.all); got != c.want {
			t.Errorf("ratio(%d, %d) = %q, want %q", c.n, c.all, got, c.want)
		}
	}
}

func TestBound(t *testing.T) {
	for rate, want := range map[float64]string{0.5: "50 %", 3.0 / 501: "0.6 %", 3.0 / 10_000_000: "0.00003 %", 3.0 / 3_100: "0.097 %"} {
		if got := bound(rate); got != want {
			t.Errorf("bound(%g) = %q, want %q", rate, got, want)
		}
	}
}

func TestCountAndLength(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567", -1000: "-1,000"} {
		if got := count(n); got != want {
			t.Errorf("count(%d) = %q, want %q", n, got, want)
		}
	}
	for m, want := range map[history.Micros]string{0: "0s", 979: "979µs", 6_399: "6.4ms", 27_149: "27.1ms", 4_899_600: "4.9s", 10_125_900: "10.1s", 3_600_000_000: "1h0m0s"} {
		if got := length(m); got != want {
			t.Errorf("length(%d) = %q, want %q", int64(m), got, want)
		}
	}
}

func FuzzPlain(f *testing.F) {
	for _, seed := range []string{"", "nginx/1.18.0", nasty, "é\u00a0\ufeff", "\xc3\x28"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, r := range visible(s) {
			if r < ' ' || r == 0x7f || (r >= 0x80 && r < 0xa0) || r == '\u2028' || r == '\u202e' {
				t.Fatalf("%q let %q through", s, r)
			}
		}
	})
}

// A bound stands beside the number of requests that it is made of.
func TestSureCountsWhatProbed(t *testing.T) {
	l := verify.Lane{Name: "kept", Sent: 501, OK: 71, Stale: 430, LostBelow: 3.0 / 71}
	if got := sure(&l); got != "0 of 71: below 4.2 %" {
		t.Errorf("%q", got)
	}
	l = verify.Lane{Name: "kept", Sent: 430, Stale: 430}
	if got := sure(&l); got != "0 of 0" || rate(&l) != "nothing probed" {
		t.Errorf("%q, %q", got, rate(&l))
	}
	l = verify.Lane{Name: "kept", Sent: 501, OK: 70, Lost: 1, Stale: 430}
	if got := sure(&l); !strings.HasPrefix(got, "1 of 71: 1.4") {
		t.Errorf("%q", got)
	}
}
