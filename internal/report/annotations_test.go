package report

import (
	"strings"
	"testing"
)

// A scenario that ships is in no file: GitHub would point at one that is not
// there, so the line is told in words.
func TestAnnotationsWithoutFile(t *testing.T) {
	lines := 0
	for name, v := range cases() {
		located := string(write(t, Annotations, v))
		bare := *v
		bare.File = ""
		out := string(write(t, Annotations, &bare))
		if strings.Contains(out, "file=") || strings.Contains(out, ",line=") || !strings.Contains(out, " title=") {
			t.Errorf("%s: %s", name, out)
		}
		if a, b := strings.Count(located, ",line="), strings.Count(out, " of the scenario)\n"); a != b {
			t.Errorf("%s: %d lines are told, want %d:\n%s", name, b, a, out)
		}
		lines += strings.Count(located, ",line=")
	}
	if lines == 0 {
		t.Error("no annotation has a line")
	}
}
