package e2e

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// root is the repository's, seen from this package's directory.
const root = "../.."

// program is the halab under test, which TestMain builds.
var program string

func TestMain(m *testing.M) {
	code, err := withProgram(m.Run)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// withProgram builds halab where every user may run it.
func withProgram(run func() int) (code int, err error) {
	dir, err := os.MkdirTemp("", "e2e-bin")
	if err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if err := os.Chmod(dir, 0o755); err != nil {
		return 1, err
	}
	program = filepath.Join(dir, "halab")
	build := exec.Command("go", "build", "-o", program, "./cmd/halab")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		return 1, fmt.Errorf("build halab: %w\n%s", err, out)
	}
	return run(), nil
}

// lacks skips a test for want of something; with CI=true that is a failure.
func lacks(t testing.TB, what string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf("NOT TESTED for lack of %s, and CI=true", what)
	}
	t.Skipf("NOT TESTED for lack of %s", what)
}

// onPath is the program of this name.
func onPath(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		lacks(t, name)
	}
	return path
}
