package labtest

import (
	"slices"
	"testing"
	"time"

	"halab/internal/lab"
)

// BenchUp measures how long a lab takes to be ready, against a baseline that
// starts the same programs without halab and returns when they serve, and what
// ends them. Both are measured in turn, and the medians and their ratio are
// reported.
func BenchUp(b *testing.B, s Subject, baseline func() (end func(), err error)) {
	sc, err := parseText()
	if err != nil {
		b.Fatal(err)
	}
	var whole, bare []time.Duration
	for b.Loop() {
		begin := time.Now()
		end, err := baseline()
		bare = append(bare, time.Since(begin))
		end()
		if err != nil {
			b.Fatal(err)
		}
		begin = time.Now()
		l, err := lab.Start(b.Context(), sc, s.New(), s.Programs, lab.Options{StateDir: b.TempDir(), Keeper: keeper(b)})
		whole = append(whole, time.Since(begin))
		if err != nil {
			b.Fatal(err)
		}
		if err := l.Close(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(median(whole), "lab-ms")
	b.ReportMetric(median(bare), "bare-ms")
	b.ReportMetric(median(whole)/median(bare), "ratio")
}

// median is that of all, in milliseconds.
func median(all []time.Duration) float64 {
	slices.Sort(all)
	return float64(all[len(all)/2].Microseconds()) / 1000
}
