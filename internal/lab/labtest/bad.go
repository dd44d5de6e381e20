package labtest

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"halab/internal/lab"
	"halab/internal/render"
)

var badCases = []testCase{
	{"cancelled", cancelled},
	{"HAProxy refuses its configuration", refuses},
	{"nginx cannot bind", cannotBind},
	{"program missing", missing},
	{"server never up", neverUp},
}

// edit changes a file of the lab just before the program in this role starts.
func edit(rt *watched, role, file, old, new string) {
	rt.before = func(spec lab.Spec) error {
		if spec.Role != role {
			return nil
		}
		path := filepath.Join(rt.site.Dir, file)
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if !strings.Contains(string(data), old) {
			return errors.New(file + " does not hold " + old)
		}
		return os.WriteFile(path, []byte(strings.Replace(string(data), old, new, 1)), 0o644)
	}
}

func refuses(t *testing.T, b *bench) {
	rt := b.watched(nil)
	edit(rt, lab.HAProxyRole, "haproxy.cfg", "backend bk_app", "backend bk_app\n  colour green")
	err := fails[*lab.DiedError](t, b, rt, nil)
	if err.Role != lab.HAProxyRole || !strings.Contains(err.Error(), "unknown keyword 'colour'") {
		t.Errorf("%v\ndoes not show HAProxy's message", err)
	}
}

func cannotBind(t *testing.T, b *bench) {
	rt := b.watched(nil)
	// An address that no machine has (RFC 5737).
	edit(rt, active.String(), render.FileName(active)+".conf", "listen ", "listen 192.0.2.77:1; #")
	err := fails[*lab.DiedError](t, b, rt, nil)
	if err.Role != active.String() || !strings.Contains(err.Error(), "bind() to 192.0.2.77:1 failed") {
		t.Errorf("%v\ndoes not show nginx's message", err)
	}
}

func neverUp(t *testing.T, b *bench) {
	rt := b.watched(nil)
	edit(rt, backup.String(), render.FileName(backup)+".conf", "listen ", "listen unix:"+b.tmp+"/elsewhere.sock; #")
	err := fails[*lab.NotReadyError](t, b, rt, func(o *lab.Options) { o.Ready = 12 * time.Second })
	if len(err.Missing) != 1 || !strings.Contains(err.Missing[0], backup.String()+" is DOWN (L4CON") {
		t.Errorf("missing %q, want %s alone and why", err.Missing, backup)
	}
}

func missing(t *testing.T, b *bench) {
	rt := b.watched(nil)
	programs := lab.Programs{}
	for role, p := range b.Programs {
		if role == active.String() {
			p.Argv = []string{"/nowhere/nginx"}
		}
		programs[role] = p
	}
	l, err := lab.Start(t.Context(), parse(t), rt, programs, b.options(t))
	if err == nil {
		t.Error(l.Close())
		t.Fatal("the lab came up")
	}
	if !strings.Contains(err.Error(), "start "+active.String()) || !strings.Contains(err.Error(), "no such file") {
		t.Errorf("%v, want what is missing for %s", err, active)
	}
}

// cancelled cancels starts at many moments. Whatever it meets, nothing is
// left, which the bench checks.
func cancelled(t *testing.T, b *bench) {
	begin := time.Now()
	b.start(t, nil)
	whole := time.Since(begin)
	const moments = 6
	for i := range moments {
		ctx, cancel := context.WithCancel(t.Context())
		timer := time.AfterFunc(whole*time.Duration(i)/moments, cancel)
		l, err := lab.Start(ctx, parse(t), b.New(), b.Programs, b.options(t))
		timer.Stop()
		cancel()
		switch {
		case err == nil: // it was faster than the first one
			if err := l.Close(); err != nil {
				t.Error(err)
			}
		case !errors.Is(err, context.Canceled):
			t.Errorf("cancelled at %d/%d: %v, want %v", i, moments, err, context.Canceled)
		}
	}
}
