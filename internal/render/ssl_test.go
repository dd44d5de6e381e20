package render_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"halab/internal/lab"
)

// certificate is the path of a certificate as a lab makes it.
func certificate(t *testing.T) string {
	t.Helper()
	c, err := lab.NewCertificates(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "lab.pem")
	if err := os.WriteFile(path, c.Server, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
