package main

import (
	"strings"
	"testing"

	"halab/internal/calibrate"
)

func TestShownByACalibration(t *testing.T) {
	good := calibrate.Cell{Rate: 25, Outages: 100, Seen: 50, Expected: 0.52}
	bad := calibrate.Cell{Rate: 50, Outages: 100, Seen: 10, Expected: 0.52}
	for _, tt := range []struct {
		cells []calibrate.Cell
		want  string
	}{
		{[]calibrate.Cell{good, good}, "In all 2 measurements (200 outages) the share is at most 2.0 percentage points off."},
		{[]calibrate.Cell{good, bad}, "Shown in 1 of 2 measurements (100 outages): the prober sees outages as often as it should, at most 2.0 percentage points off. Not shown in 1"},
		{[]calibrate.Cell{bad}, "Nothing is shown: none of 1 measurements fits."},
	} {
		if got := shown(tt.cells, 100); !strings.Contains(got, tt.want) {
			t.Errorf("%q, want %q", got, tt.want)
		}
	}
}
