package labtest

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"halab/internal/lab"
	"halab/internal/render"
	"halab/internal/software"
)

// reloadNginx has new workers take the place of the old ones (inFlight has a
// download across that). Then nginx meets what it cannot open, and goes on as
// it was.
func reloadNginx(t *testing.T, b *bench) {
	l := b.start(t, nil)
	for range 2 {
		if err := l.ReloadServer(soon(t), active); err != nil {
			t.Fatal(err)
		}
		wantAnswer(t, l, active, activeHeader)
	}
	if s := status(t, l.AdminClient(), active); !s.PlainUp() {
		t.Errorf("%s is %s", active, s)
	}
	log := filepath.Join(l.Dir, render.FileName(active)+".access.log")
	if err := errors.Join(os.Remove(log), os.Mkdir(log, 0o755)); err != nil {
		t.Fatal(err)
	}
	if err := l.ReloadServer(soon(t), active); err == nil || !strings.Contains(err.Error(), "keeps the configuration that it had: open()") {
		t.Errorf("%v, want nginx's own words", err)
	}
	wantAnswer(t, l, active, activeHeader)
	end(t, l, active, syscall.SIGTERM)
	if err := l.ReloadServer(soon(t), active); !errors.Is(err, os.ErrProcessDone) {
		t.Errorf("reload of one that has ended: %v", err)
	}
}

// upgradeNginx has a next version that does not start, then one that does, and
// goes back again, each time with a download in flight. What runs then is ended
// as any other. A runtime that cannot says so, and the old one goes on.
func upgradeNginx(t *testing.T, b *bench) {
	l := b.start(t, inPlace, slow...)
	next, was := b.Programs[backup.String()], b.Programs[active.String()]
	broken := next
	broken.Argv = []string{"/bin/false"}
	err := l.UpgradeServer(soon(t), active, broken)
	wantAnswer(t, l, active, activeHeader)
	if l.Runtime == "container" {
		if !errors.Is(err, lab.ErrNotInPlace) {
			t.Errorf("%v, want %v", err, lab.ErrNotInPlace)
		}
		return
	}
	if err == nil || !strings.Contains(err.Error(), "exited with code 1, and the old one goes on") {
		t.Errorf("%v, want how the new one ended", err)
	}
	if conf, err := os.ReadFile(filepath.Join(l.Dir, render.FileName(active)+".conf")); err != nil || !strings.HasPrefix(string(conf), "# nginx "+was.Got.String()+" ") {
		t.Errorf("the configuration of the old one: %v, %.40q", err, conf)
	}
	upgradeTo(t, l, next, activeHeader, backupHeader)
	upgradeTo(t, l, was, backupHeader, activeHeader)
	adopted(t, l)
	if err := l.UpgradeServer(soon(t), active, next); !errors.Is(err, os.ErrProcessDone) {
		t.Errorf("upgrade of one that has ended: %v", err)
	}
}

func upgradeTo(t *testing.T, l *lab.Lab, next software.Program, from, to string) {
	t.Helper()
	download := takeOff(t, l)
	landed := make(chan struct{})
	go func() {
		defer close(landed)
		download.lands(t, from)
	}()
	err := l.UpgradeServer(soon(t), active, next)
	<-landed
	if err != nil {
		t.Fatal(err)
	}
	wantAnswer(t, l, active, to)
	if s := status(t, l.AdminClient(), active); !s.PlainUp() {
		t.Errorf("%s is %s after the upgrade", active, s)
	}
}

// adopted treats an nginx that another one has started as any other.
func adopted(t *testing.T, l *lab.Lab) {
	t.Helper()
	if err := errors.Join(l.ReloadServer(soon(t), active), l.Pause(t.Context(), active.String()), l.Resume(t.Context(), active.String())); err != nil {
		t.Fatal(err)
	}
	wantAnswer(t, l, active, activeHeader)
	end(t, l, active, syscall.SIGQUIT)
	if err := l.StartServer(t.Context(), active, nil); err != nil {
		t.Fatal(err)
	}
	awaitUp(t, l, active, true)
	wantAnswer(t, l, active, activeHeader)
	end(t, l, active, syscall.SIGKILL)
	if err := l.Signal(t.Context(), active.String(), syscall.SIGTERM); !errors.Is(err, os.ErrProcessDone) {
		t.Errorf("a signal to one that has ended: %v", err)
	}
}
