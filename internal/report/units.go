package report

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"halab/internal/history"
)

// clock writes a moment of the run in seconds: 12.345s.
func clock(m history.Micros) string { return fmt.Sprintf("%.3fs", m.D().Seconds()) }

// length writes a length of time with three figures that mean something.
func length(m history.Micros) string {
	d := m.D()
	switch {
	case d >= 100*time.Second:
		d = d.Round(time.Second)
	case d >= 10*time.Second:
		d = d.Round(100 * time.Millisecond)
	case d >= time.Second:
		d = d.Round(10 * time.Millisecond)
	case d >= 100*time.Millisecond:
		d = d.Round(time.Millisecond)
	case d >= 10*time.Millisecond:
		d = d.Round(100 * time.Microsecond)
	case d >= time.Millisecond:
		d = d.Round(10 * time.Microsecond)
	}
	return d.String()
}

// count writes a number with its thousands apart: 1,234,567.
func count(n int64) string {
	s := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, s = "-", s[1:]
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return sign + s
}

// ratio writes n of all as a percentage that never rounds to all or to none.
func ratio(n, all int64) string {
	switch {
	case all == 0:
		return "none"
	case n == 0:
		return "0 %"
	case n == all:
		return "all"
	}
	percent := float64(n) / float64(all) * 100
	for digits := 1; digits < 12; digits++ {
		s := strconv.FormatFloat(percent, 'f', digits, 64)
		if f, _ := strconv.ParseFloat(s, 64); f > 0 && f < 100 {
			return trimZeros(s) + " %"
		}
	}
	return fmt.Sprintf("%g %%", percent)
}

// bound writes the rate below which the true one lies, with two figures.
func bound(rate float64) string {
	s := strconv.FormatFloat(rate*100, 'g', 2, 64)
	if strings.Contains(s, "e") {
		s = strconv.FormatFloat(rate*100, 'f', 8, 64)
	}
	return trimZeros(s) + " %"
}

func trimZeros(s string) string {
	if !strings.Contains(s, ".") {
		return s
	}
	return strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
}

// plural writes a count with its word: 1 request, 2 requests.
func plural(n int64, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return count(n) + " " + one + "s"
}
