package report

import (
	"fmt"
	"math"
	"strings"

	"halab/internal/history"
	"halab/internal/verify"
)

// latencyPart is the table of latencies with a bar for each row, all on one
// logarithmic axis.
type latencyPart struct {
	Latency                []latencyRow
	LatencyGrid            string
	LatencyFrom, LatencyTo string
}

type latencyRow struct {
	L            verify.Latency
	Index        int
	First        bool // of its lane
	Range, Worst string
}

// latencyWidth is the width of the bars in their own units.
const latencyWidth = 1000

func newLatencyPart(v *verify.Verdict) latencyPart {
	if len(v.Latency) == 0 {
		return latencyPart{}
	}
	least, most := history.Micros(math.MaxInt64), history.Micros(1)
	for _, l := range v.Latency {
		least, most = min(least, max(1, l.P50)), max(most, l.Max)
	}
	low, high := math.Floor(math.Log10(float64(least))), math.Ceil(math.Log10(float64(most)))
	high = max(high, low+1)
	x := func(m history.Micros) float64 {
		return (math.Log10(float64(max(m, 1))) - low) / (high - low) * latencyWidth
	}
	p := latencyPart{LatencyFrom: decade(int(low)), LatencyTo: decade(int(high))}
	var grid strings.Builder
	for e := low; e <= high; e++ {
		fmt.Fprintf(&grid, "M%.1f 0V14", (e-low)/(high-low)*latencyWidth)
	}
	p.LatencyGrid = grid.String()
	last := ""
	for i, l := range v.Latency {
		row := latencyRow{L: l, Index: i, First: l.Lane != last}
		row.Range = fmt.Sprintf("M%.1f 4H%.1fV10H%.1fZ", x(l.P50), math.Max(x(l.P99), x(l.P50)+3), x(l.P50))
		row.Worst = fmt.Sprintf("M%.1f 2V12", x(l.Max))
		p.Latency = append(p.Latency, row)
		last = l.Lane
	}
	return p
}

// decade writes a power of ten of microseconds: 100µs, 1ms, 10s.
func decade(exponent int) string {
	m := history.Micros(math.Pow10(exponent))
	switch {
	case exponent >= 6:
		return fmt.Sprintf("%ds", m/1_000_000)
	case exponent >= 3:
		return fmt.Sprintf("%dms", m/1000)
	}
	return fmt.Sprintf("%dµs", m)
}
