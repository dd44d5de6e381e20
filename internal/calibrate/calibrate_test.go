package calibrate

import (
	"context"
	"strings"
	"testing"
	"time"

	"halab/internal/haproxy"
	"halab/internal/history"
)

func TestDoubt(t *testing.T) {
	for _, tt := range []struct {
		cell Cell
		want string
	}{
		{Cell{Outages: 100, Seen: 52, Expected: 0.5}, ""},
		{Cell{Outages: 100, Seen: 43, Expected: 0.657}, "22.7 percentage points off; 14.2 are allowed"},
		{Cell{Outages: 100, Seen: 64, Expected: 0.5}, ""},
		{Cell{Outages: 100, Seen: 66, Expected: 0.5}, "16.0 percentage points off; 15.0"},
		{Cell{Outages: 100, Seen: 94, Expected: 1}, "6.0 percentage points off; 5.0"},
		{Cell{Outages: 49, Seen: 25, Expected: 0.5, Skipped: 100}, "only 49 of 100 outages"},
		{Cell{Skipped: 100}, "only 0 of 100 outages"},
	} {
		if got := tt.cell.Doubt(100); !strings.Contains(got, tt.want) || tt.want == "" && got != "" {
			t.Errorf("%+v: %q, want %q", tt.cell, got, tt.want)
		}
	}
}

// An outage of which nobody knows when it began is none to compare with.
func TestSkipsWhatIsNotKnown(t *testing.T) {
	const period = time.Millisecond
	started := time.Now()
	for _, tt := range []struct {
		name          string
		took          func(call int) time.Duration
		used, skipped int
	}{
		{"quick", func(int) time.Duration { return period / known }, 4, 0},
		{"slow to begin, now and then", func(call int) time.Duration { return period * time.Duration(1-min(1, call%4)) }, 3, 4},
		{"slow to end", func(call int) time.Duration { return period * time.Duration(call%2) }, 0, 4},
	} {
		calls := 0
		set := func(context.Context, haproxy.ServerAction) (history.Micros, time.Duration, error) {
			calls++
			return history.Since(started), tt.took(calls - 1), nil
		}
		out, skipped, err := inject(t.Context(), set, started, period, 0.5, 4)
		if err != nil || len(out) != tt.used || skipped != tt.skipped || calls != 2*(len(out)+skipped) {
			t.Errorf("%s: %d used, %d skipped, %d commands, %v", tt.name, len(out), skipped, calls, err)
		}
	}
}
