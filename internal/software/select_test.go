package software

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const (
	oldNginx = "nginx version: nginx/1.18.0"
	midNginx = "nginx version: nginx/1.22.1"
	newNginx = "nginx version: nginx/1.26.3"
)

func offline(t *testing.T, substitute bool, path ...string) *Resolver {
	t.Helper()
	return New(Options{Cache: t.TempDir(), Offline: true, Substitute: substitute, Path: path})
}

func TestProcessTakesTheMatchingExecutable(t *testing.T) {
	mid, old := fakeProgram(t, Nginx, midNginx), fakeProgram(t, Nginx, oldNginx)
	r := offline(t, false, "relative", mid, filepath.Join(mid, "nothing"), old)
	p, err := r.Process(t.Context(), mustWant(t, "nginx:1.18"))
	if err != nil {
		t.Fatal(err)
	}
	if p.Argv[0] != filepath.Join(old, Nginx) || p.Got.String() != "1.18.0" || p.Substitute || !strings.Contains(p.Source, "PATH") {
		t.Errorf("got %+v", p)
	}
}

func TestProcessNamesWhatCanBeHad(t *testing.T) {
	r := offline(t, false, fakeProgram(t, Nginx, newNginx), fakeProgram(t, Nginx, midNginx), fakeProgram(t, Nginx, "nginx version: openresty/1.21.4.1"))
	_, err := r.Process(t.Context(), mustWant(t, "nginx:1.19.8"))
	u, ok := errors.AsType[*UnavailableError](err)
	if !ok {
		t.Fatalf("got %v", err)
	}
	if len(u.Have) != 2 || u.Have[0].String() != "1.22.1" || u.Have[1].String() != "1.26.3" {
		t.Errorf("have %v", u.Have)
	}
	for _, word := range []string{"nginx 1.19.8", "1.22.1, 1.26.3", "--substitute"} {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("%q lacks %q", err, word)
		}
	}
}

func TestSubstituteIsTheNearestNewerVersion(t *testing.T) {
	path := []string{fakeProgram(t, Nginx, newNginx), fakeProgram(t, Nginx, oldNginx), fakeProgram(t, Nginx, midNginx)}
	tests := []struct {
		want, got  string
		substitute bool
	}{
		{"nginx:1.19.8", "1.22.1", true},
		{"nginx:1.22.1", "1.22.1", false},
		{"nginx:1.22", "1.22.1", false},
		{"nginx:1.23", "1.26.3", true},
		{"nginx:1.0", "1.18.0", true},
		{"nginx:1.27.0", "", false},
		{"haproxy:2.6", "", false},
	}
	for _, tt := range tests {
		want := mustWant(t, tt.want)
		p, err := offline(t, true, path...).Process(t.Context(), want)
		if tt.got == "" {
			if _, ok := errors.AsType[*UnavailableError](err); !ok {
				t.Errorf("%s: got %+v, %v", tt.want, p, err)
			}
			continue
		}
		if err != nil || p.Got.String() != tt.got || p.Substitute != tt.substitute || p.Asked != want.Version {
			t.Errorf("%s: got %+v, %v; want %s", tt.want, p, err, tt.got)
		}
	}
}

func TestMissingToolNamesItsCommand(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	r := New(Options{Cache: t.TempDir(), Path: []string{}})
	_, err := r.Process(t.Context(), mustWant(t, "nginx:1.18.0"))
	if _, ok := errors.AsType[*ToolError](err); !ok || !strings.Contains(err.Error(), "apt-get install mmdebstrap") {
		t.Errorf("got %v", err)
	}
}

func TestAvailableIsSorted(t *testing.T) {
	r := New(Options{Cache: t.TempDir(), Path: []string{fakeProgram(t, Nginx, midNginx)}})
	var here []string
	offers := r.Available(t.Context())
	for i, o := range offers {
		if o.Here {
			here = append(here, o.Version.String())
		}
		if i > 0 && o.Name == offers[i-1].Name && compare(offers[i-1].Version, o.Version) > 0 {
			t.Errorf("%v stands after %v", o, offers[i-1])
		}
	}
	if len(here) != 1 || here[0] != "1.22.1" {
		t.Errorf("here already: %v", here)
	}
}

func TestUnfinishedEntriesAreNoEntries(t *testing.T) {
	r := offline(t, false)
	for name, text := range map[string]string{
		"nginx_1.18.0_bullseye_amd64": "", // no marker
		"nginx_1.22.1_bookworm_amd64": "{",
		"nginx_1.26.3_trixie_amd64":   `{"format":99}`,
	} {
		dir := filepath.Join(r.opts.Cache, name)
		if err := os.MkdirAll(filepath.Join(dir, rootDir), 0o755); err != nil {
			t.Fatal(err)
		}
		if text == "" {
			continue
		}
		if err := os.WriteFile(filepath.Join(dir, markerFile), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if found := r.cached(Nginx); len(found) != 0 {
		t.Errorf("found %v", found)
	}
}

func TestMemoForgetsACancelledCall(t *testing.T) {
	var m memo[int]
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := m.do(ctx, "k", func(ctx context.Context) (int, error) { return 0, ctx.Err() }); err == nil {
		t.Fatal("no error")
	}
	for range 2 {
		v, err := m.do(t.Context(), "k", func(context.Context) (int, error) { return 1, nil })
		if v != 1 || err != nil {
			t.Errorf("got %d, %v", v, err)
		}
	}
}
