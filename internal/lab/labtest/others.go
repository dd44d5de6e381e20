package labtest

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// secret is a variable of halab's own environment, which is none of the lab's.
const secret = "HALAB_LABTEST_SECRET"

// closedToOthers: another user of the machine reads nothing of a lab and does
// nothing to its HAProxy, and HAProxy does not have halab's environment.
func closedToOthers(t *testing.T, b *bench) {
	t.Setenv(secret, "not-for-the-lab")
	l := b.start(t, nil)
	if l.AdminTCP != "" {
		t.Errorf("stats socket at %s, though none was asked for", l.AdminTCP)
	}
	cfg, err := os.ReadFile(filepath.Join(l.Dir, "haproxy.cfg"))
	if err != nil || strings.Contains(string(cfg), "stats socket ipv4@") {
		t.Errorf("HAProxy listens for commands on TCP (%v):\n%s", err, cfg)
	}
	env, err := l.AdminClient().Command(t.Context(), "show env")
	if err != nil || strings.Contains(env, secret) {
		t.Errorf("show env: %v\n%s", err, env)
	}
	if info, err := os.Stat(l.Dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the lab's directory: %v, %v; want mode 700", info.Mode(), err)
	}
	if info, err := os.Stat(l.Admin); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the stats socket: %v, %v; want mode 600", info.Mode(), err)
	}
	if os.Getuid() != 0 {
		return // only the superuser can try as somebody else
	}
	const nobody = 65534
	for _, try := range []string{
		"cat " + filepath.Join(l.Dir, "haproxy.cfg"),
		"ls " + l.Dir,
		"echo show env | socat - UNIX-CONNECT:" + l.Admin,
	} {
		cmd := exec.Command("sh", "-c", try)
		cmd.Dir = "/"
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
		if out, err := cmd.CombinedOutput(); err == nil || !strings.Contains(string(out), "ermission denied") {
			t.Errorf("as another user %s: %v\n%s", try, err, out)
		}
	}
}
