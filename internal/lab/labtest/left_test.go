package labtest

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// A process of another case, whose directory begins with the same characters,
// is none of this one's.
func TestProcessesOfThisDirectory(t *testing.T) {
	mine := t.TempDir()
	for _, c := range []struct {
		what, dir, env string
		found          bool
	}{
		{"works in it", mine, "", true},
		{"names it", "/", "TMPDIR=" + mine, true},
		{"names a path in it", "/", "SOCKET=" + mine + "/a.sock", true},
		{"works in another", mine + "2", "", false},
		{"names another", "/", "TMPDIR=" + mine + "2", false},
	} {
		t.Run(c.what, func(t *testing.T) {
			if err := os.MkdirAll(c.dir, 0o700); err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command("sh", "-c", "echo; read _")
			cmd.Dir, cmd.Env = c.dir, []string{c.env}
			in, err := cmd.StdinPipe()
			if err != nil {
				t.Fatal(err)
			}
			defer in.Close()
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			// It has its environment a little later than its process.
			if _, err := out.Read(make([]byte, 1)); err != nil {
				t.Fatal(err)
			}
			found := strings.Join(processes(t, mine), "\n")
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			_ = cmd.Wait()
			if (found != "") != c.found {
				t.Errorf("found %q, want it found: %v", found, c.found)
			}
		})
	}
}
