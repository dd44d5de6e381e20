package container

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// TestPingNoPermission looks at a socket as a user who may not use it. The
// superuser becomes another one for that, in one thread and for files alone.
func TestPingNoPermission(t *testing.T) {
	path := listen(t, filepath.Join(t.TempDir(), "docker.sock"), func(net.Conn) {})
	if err := os.Chmod(path, 0); err != nil {
		t.Fatal(err)
	}
	if os.Getuid() == 0 {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		const nobody = 65534
		for dir := filepath.Dir(path); dir != os.TempDir() && dir != "/"; dir = filepath.Dir(dir) {
			if err := os.Chmod(dir, 0o755); err != nil {
				t.Fatal(err)
			}
		}
		if err := unix.Setfsuid(nobody); err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := unix.Setfsuid(0); err != nil {
				t.Error(err)
			}
		}()
	}
	t.Setenv("DOCKER_HOST", "unix://"+path)
	err := New().Ping(t.Context())
	if !errors.Is(err, fs.ErrPermission) || !strings.Contains(err.Error(), "no permission for its socket") {
		t.Errorf("%v, want that there is no permission", err)
	}
}
