package labtest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"halab/internal/haproxy"
	"halab/internal/lab"
	"halab/internal/render"
)

// firstCheckAfterReload has a HAProxy that is reloaded wait for its first check
// as it does in production, for its share of inter: what the lab starts with is
// read by nothing later. The checks are half an hour apart by then, so that none
// but an early one falls into the test.
func firstCheckAfterReload(t *testing.T, b *bench) {
	l := b.start(t, nil)
	for _, name := range wantConfigs(t, l) {
		text, err := os.ReadFile(name)
		if err != nil || strings.Contains(string(text), "max-spread-checks") {
			t.Errorf("%s is still read at a reload: %s, %v", name, text, err)
		}
	}
	if strings.Contains(string(l.Files.HAProxy), "max-spread-checks") || !strings.Contains(render.Startup, "max-spread-checks") {
		t.Errorf("the line stands in the wrong file:\n%s", l.Files.HAProxy)
	}
	cfg := strings.ReplaceAll(string(l.Files.HAProxy), "inter 200ms", "inter 30m")
	if err := os.WriteFile(filepath.Join(l.Dir, "haproxy.cfg"), []byte(cfg), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := l.TakeOver(soon(t), nil); err != nil {
		t.Fatal(err)
	}
	wantUnchecked(t, l, active)
}

// firstCheckOfAdded has a server that a command of the user's adds wait for its
// first check as it does in production.
func firstCheckOfAdded(t *testing.T, b *bench) {
	l := b.start(t, func(o *lab.Options) { o.OwnCommands = true })
	added := haproxy.ServerRef{Backend: active.Backend, Server: "added"}
	for _, command := range []string{
		"add server " + added.String() + " " + l.ServerAddress(active) + " check inter 30m",
		"enable health " + added.String(),
		"enable server " + added.String(),
	} {
		if answer, err := l.AdminClient().Command(soon(t), command); err != nil {
			t.Fatalf("%s: %s, %v", command, answer, err)
		}
	}
	wantUnchecked(t, l, added)
}

// wantConfigs are the files that HAProxy was started with.
func wantConfigs(t *testing.T, l *lab.Lab) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(l.Dir, "haproxy*.cfg"))
	if err != nil || len(names) != 2 {
		t.Fatalf("%q, %v: want haproxy.cfg and what only the start reads", names, err)
	}
	return names
}

// wantUnchecked checks that a server's first check is not due yet. It would
// have come after 10 ms.
func wantUnchecked(t *testing.T, l *lab.Lab, ref haproxy.ServerRef) {
	t.Helper()
	for end := time.Now().Add(500 * time.Millisecond); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		stats, err := l.AdminClient().Stat(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		s, ok := haproxy.Find(stats, ref)
		if !ok || s.CheckStatus != "INI" || !s.Status.Serving() {
			t.Fatalf("%s is %s after check %q, want it up and not checked yet", ref, s.Status, s.CheckStatus)
		}
	}
}
