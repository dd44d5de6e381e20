package e2e

import (
	"os/exec"
	"strings"
	"testing"
)

// With too little address space halab says so in a line, and that it could not
// be run, instead of ending with a trace of Go's in the middle of something.
func TestTooLittleMemory(t *testing.T) {
	t.Parallel()
	cmd := exec.Command("sh", "-c", `ulimit -v 1500000; exec "$0" version`, program)
	out, err := cmd.CombinedOutput()
	text := string(out)
	if cmd.ProcessState == nil || cmd.ProcessState.ExitCode() != 3 || !strings.HasPrefix(text, "halab: the limit of address space (ulimit -v) is 1464 MiB, and halab needs 2048") || strings.Count(text, "\n") != 1 {
		t.Errorf("%v: %s", err, text)
	}
}
