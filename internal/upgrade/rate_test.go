package upgrade

import "testing"

func TestRate(t *testing.T) {
	for text, want := range map[string]int64{
		"1B": 1, "64KB": 64_000, "64kB": 64_000, "64 KB/s": 64_000, "1.5MiB": 3 << 19, "10Mbit": 1_250_000, "8bit": 1, "100GB": 100e9, "512kbps": 0,
		"": 0, "64": 0, "KB": 0, "-1KB": 0, "1e3KB": 0, "0.1B": 0, "0KB": 0, "101GB": 0, "64Kb": 0, "1b": 0, "64kilobytes": 0, "64KB\n": 0, "64KB/min": 0, "٣KB": 0,
	} {
		var r rate
		if err := r.UnmarshalText([]byte(text)); (err != nil) != (want == 0) || r.bytes != want {
			t.Errorf("%q is %d, %v, want %d", text, r.bytes, err, want)
		}
	}
}

// FuzzRate: what is read as a rate is one, and reads the same when it is
// written again.
func FuzzRate(f *testing.F) {
	for _, text := range []string{"64KB", "1.5MiB/s", "10 Mbitps", "1b", "0B", "9999999999999999999999GB"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var r, again rate
		if r.UnmarshalText([]byte(text)) != nil {
			return
		}
		if err := again.UnmarshalText([]byte(r.String())); err != nil || again != r || r.bytes < 1 || r.bytes > maxRate {
			t.Errorf("%q is %+v, and %q %+v, %v", text, r, r.String(), again, err)
		}
	})
}
