package scenario

import (
	"testing"
	"time"
)

var durations = []struct {
	text string
	want time.Duration // -1 for an error
	hint string
}{
	{"500ms", 500 * time.Millisecond, ""},
	{"2s", 2 * time.Second, ""},
	{"1m30s", 90 * time.Second, ""},
	{"1h", time.Hour, ""},
	{"1.5s", 1500 * time.Millisecond, ""},
	{"0.1s", 100 * time.Millisecond, ""},
	{"5000us", 5 * time.Millisecond, ""},
	{"1d", 24 * time.Hour, ""},
	{"0s", 0, ""},
	{"5000", -1, "5000ms is what HAProxy would take; or did you mean 5000s?"},
	{"1us", -1, "HAProxy's timers count milliseconds"},
	{"", -1, ""},
	{"s", -1, ""},
	{"-1s", -1, ""},
	{"+1s", -1, ""},
	{"1 s", -1, ""},
	{"1S", -1, ""},
	{"1w", -1, ""},
	{"1e3s", -1, ""},
	{"999999999999999999999d", -1, ""},
	{".5s", -1, ""},
	{"1s\n", -1, ""},
}

func TestParseDuration(t *testing.T) {
	for _, tc := range durations {
		d, err := ParseDuration(tc.text)
		if tc.want < 0 {
			if err == nil || hintOf(err) != tc.hint {
				t.Errorf("%q: %v, %v, hint %q; want an error with hint %q", tc.text, d, err, hintOf(err), tc.hint)
			}
		} else if err != nil || d.D() != tc.want {
			t.Errorf("%q: %v, %v; want %v", tc.text, d, err, tc.want)
		}
	}
}
