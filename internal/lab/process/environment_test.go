package process

import (
	"slices"
	"testing"
)

// TestEnvironment: a program of the lab finds its libraries where halab found it
// to work, and gets no secret of the caller's.
func TestEnvironment(t *testing.T) {
	t.Setenv("LD_LIBRARY_PATH", "/opt/lib")
	t.Setenv("SECRET", "42")
	got := environment()
	if !slices.Contains(got, "LD_LIBRARY_PATH=/opt/lib") || slices.Contains(got, "SECRET=42") {
		t.Errorf("%q", got)
	}
}
