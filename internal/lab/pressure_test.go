package lab

import (
	"testing"
	"time"
)

func TestParsePressure(t *testing.T) {
	const text = "some avg10=3.62 avg60=4.07 avg300=3.18 total=33411929\nfull avg10=2.59 avg60=3.22 avg300=2.65 total=27827306\n"
	some, ok := parsePressure(text)
	if some != 33411929*time.Microsecond || !ok {
		t.Errorf("%s, %t", some, ok)
	}
	for _, text := range []string{"", "some", "some total=", "some total=-1", "some avg10=1", "full total=1", "some total=99999999999999999999"} {
		if some, ok := parsePressure(text); some != 0 || ok {
			t.Errorf("%q: %s, %t", text, some, ok)
		}
	}
}

func TestParseSteal(t *testing.T) {
	const text = "cpu  95807 1463 18905 308712 4349 0 1214 410 0 0\ncpu0 1 1 1 1 1 0 1 200 0 0\ncpu1 1 1 1 1 1 0 1 210 0 0\nintr 1 2 3\n"
	if got := parseSteal(text); got != 2050*time.Millisecond {
		t.Errorf("%s", got)
	}
	for _, text := range []string{"", "cpu", "cpu  1 2 3 4 5 6 7 8", "cpu 1 1 1 1 1 0 1 x 0\ncpu0 1 1 1 1 1 0 1 x 0\n"} {
		if got := parseSteal(text); got != 0 {
			t.Errorf("%q: %s", text, got)
		}
	}
}

// A program that is blocked while the host waits for nothing is not held up by
// it; where the kernel does not tell, it is believed.
func TestPressureWaits(t *testing.T) {
	was := Pressure{told: true, IO: 5, Memory: 6}
	for _, c := range []struct {
		now  Pressure
		want bool
	}{
		{was, false},
		{Pressure{told: true, IO: 6, Memory: 6}, true},
		{Pressure{told: true, IO: 5, Memory: 7}, true},
		{Pressure{told: true, IO: 5, Memory: 6, CPU: 9}, false},
		{Pressure{}, true},
	} {
		if got := c.now.waits(was); got != c.want {
			t.Errorf("%+v: %t", c.now, got)
		}
	}
}

func FuzzParsePressure(f *testing.F) {
	f.Add("some avg10=0.00 avg60=0.00 avg300=0.00 total=1\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n")
	f.Add("cpu  1 2 3 4 5 6 7 8 9\ncpu0 1 2 3 4 5 6 7 8 9\n")
	f.Fuzz(func(t *testing.T, text string) {
		some, _ := parsePressure(text)
		if steal := parseSteal(text); some < 0 || steal < 0 {
			t.Errorf("%q: %s, %s", text, some, steal)
		}
	})
}
