package archtest

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// On macOS the process runtime takes what is on PATH; there is nothing to run
// it on here, but it has to be built.
func TestBuildsForEverySystem(t *testing.T) {
	for _, system := range [][2]string{
		{"darwin", "amd64"}, {"darwin", "arm64"}, {"linux", "amd64"}, {"linux", "arm64"},
	} {
		t.Run(system[0]+"_"+system[1], func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), "go", "build", "-o", filepath.Join(t.TempDir(), "halab"), "./cmd/halab")
			cmd.Dir = root
			cmd.Env = append(os.Environ(), "GOOS="+system[0], "GOARCH="+system[1], "CGO_ENABLED=0")
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}
