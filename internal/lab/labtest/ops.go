package labtest

import (
	"errors"
	"os"
	"strings"
	"syscall"
	"testing"

	"halab/internal/haproxy"
	"halab/internal/lab"
)

var opsCases = []testCase{
	{"close while paused", closePaused},
	{"faults", faults},
	{"in flight", inFlight},
	{"first check after a reload", firstCheckAfterReload},
	{"first check of an added server", firstCheckOfAdded},
	{"kill", killServer},
	{"pause and resume", pauseResume},
	{"relayed server", relayedServer},
	{"reload nginx", reloadNginx},
	{"replace", replaceServer},
	{"start again", startAgain},
	{"state survives a reload", stateSurvives},
	{"take over", takeOver},
	{"upgrade HAProxy", upgradeHAProxy},
	{"upgrade nginx in place", upgradeNginx},
}

// awaitUp waits until a server is plainly up, or is not.
func awaitUp(t *testing.T, l *lab.Lab, ref haproxy.ServerRef, want bool) {
	t.Helper()
	what := ref.String() + " up"
	if !want {
		what = ref.String() + " down"
	}
	waitFor(t, what, func() bool {
		s := status(t, l.AdminClient(), ref)
		return want && s.PlainUp() || !want && s.Base() == "DOWN"
	})
}

// end ends a server in one way and waits for that.
func end(t *testing.T, l *lab.Lab, ref haproxy.ServerRef, sig syscall.Signal) {
	t.Helper()
	if err := errors.Join(l.Signal(t.Context(), ref.String(), sig), l.Ended(t.Context(), ref.String())); err != nil {
		t.Fatal(err)
	}
}

// killServer leaves nothing of a server that would still answer: an nginx
// whose master is killed alone goes on with its workers.
func killServer(t *testing.T, b *bench) {
	l := b.start(t, nil)
	end(t, l, active, syscall.SIGKILL)
	role := active.String()
	for what, err := range map[string]error{
		"signal": l.Signal(t.Context(), role, syscall.SIGTERM),
		"pause":  l.Pause(t.Context(), role),
		"resume": l.Resume(t.Context(), role),
	} {
		if !errors.Is(err, os.ErrProcessDone) || !strings.HasPrefix(err.Error(), what+" "+role+": it has ended already") {
			t.Errorf("%s of what has ended: %v", what, err)
		}
	}
	awaitUp(t, l, active, false)
	wantAnswer(t, l, backup, backupHeader)
}

func startAgain(t *testing.T, b *bench) {
	l := b.start(t, nil)
	if err := l.StartServer(t.Context(), active, nil); err == nil {
		t.Error("a server that runs was started")
	}
	for range 2 {
		end(t, l, active, syscall.SIGQUIT)
		awaitUp(t, l, active, false)
		if err := l.StartServer(t.Context(), active, nil); err != nil {
			t.Fatal(err)
		}
		awaitUp(t, l, active, true)
		wantAnswer(t, l, active, activeHeader)
	}
}

func replaceServer(t *testing.T, b *bench) {
	l := b.start(t, nil)
	end(t, l, active, syscall.SIGTERM)
	next := b.Programs[backup.String()]
	if err := l.StartServer(t.Context(), active, &next); err != nil {
		t.Fatal(err)
	}
	awaitUp(t, l, active, true)
	wantAnswer(t, l, active, backupHeader)
}

func pauseResume(t *testing.T, b *bench) {
	l := b.start(t, nil)
	if err := l.Pause(t.Context(), backup.String()); err != nil {
		t.Fatal(err)
	}
	// The kernel goes on to accept connections for a process that hangs, so
	// a health check that only connects passes; an answer does not come.
	wantAnswer(t, l, active, activeHeader)
	if err := l.Resume(t.Context(), backup.String()); err != nil {
		t.Fatal(err)
	}
	if err := l.AdminClient().SetState(t.Context(), active, haproxy.Maint); err != nil {
		t.Fatal(err)
	}
	wantAnswer(t, l, backup, backupHeader)
	if err := l.Pause(t.Context(), "bk_app/nowhere"); err == nil {
		t.Error("a server that is not there was paused")
	}
}

func closePaused(t *testing.T, b *bench) {
	l := b.start(t, nil)
	for _, role := range []string{lab.HAProxyRole, active.String()} {
		if err := l.Pause(t.Context(), role); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	b.wantEmpty(t)
}
