package software

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// engine is an Engine in memory: images by reference and the banner that each
// prints. It stands in for a daemon where the order of what is asked matters.
type engine struct {
	mu     sync.Mutex
	images map[string]string
	pulls  []string
	asked  int // for a version
	pull   func(ctx context.Context, ref string, progress func(string)) (banner string, err error)
	built  func(tag string, buildContext io.Reader, labels map[string]string) (banner string, err error)
}

// ImageID is the banner itself, so that images with another one are others.
func (e *engine) ImageID(_ context.Context, ref string) (string, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	banner, ok := e.images[ref]
	if !ok {
		return "", nil
	}
	return "sha256:" + fmt.Sprintf("%x", banner), nil
}

func (e *engine) Pull(ctx context.Context, ref string, progress func(string)) error {
	e.mu.Lock()
	e.pulls = append(e.pulls, ref)
	e.mu.Unlock()
	banner, err := e.pull(ctx, ref, progress)
	return e.add(ref, banner, err)
}

func (e *engine) Build(_ context.Context, tag string, buildContext io.Reader, labels map[string]string) error {
	banner, err := e.built(tag, buildContext, labels)
	return e.add(tag, banner, err)
}

func (e *engine) add(ref, banner string, err error) error {
	if err != nil {
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.images[ref] = banner
	return nil
}

func (e *engine) Run(_ context.Context, image string, argv []string) (string, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.asked++
	if argv[len(argv)-1] != "-v" {
		return "", fmt.Errorf("unexpected command %q", argv)
	}
	return e.images[image], nil
}

func noSuchImage(_ context.Context, ref string, _ func(string)) (string, error) {
	return "", fmt.Errorf("%s: %w", ref, ErrNoSuchImage)
}

func TestImageOnTheEngine(t *testing.T) {
	const own = "halab/nginx:1.18.0-bullseye-" + recipe
	tests := []struct {
		name   string
		images map[string]string
		want   string // the image, or part of the error
	}{
		{"halab's own", map[string]string{own: oldNginx, "nginx:1.18.0": oldNginx}, own},
		{"official", map[string]string{"nginx:1.18.0": oldNginx}, "nginx:1.18.0"},
		{"a tag that lies", map[string]string{own: midNginx, "nginx:1.18.0": newNginx}, "not to be had"},
		{"none", nil, "not to be had"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := New(Options{Cache: t.TempDir(), Offline: true, Engine: &engine{images: tt.images}})
			p, err := r.Image(t.Context(), mustWant(t, "nginx:1.18.0"))
			if err != nil {
				if !strings.Contains(err.Error(), tt.want) {
					t.Errorf("got %v, want %q", err, tt.want)
				}
				return
			}
			if p.Image != tt.want || p.Got.String() != "1.18.0" || len(p.Argv) != 1 {
				t.Errorf("got %+v, want %s", p, tt.want)
			}
		})
	}
}

// An image is asked for its version once, and again when it is another one.
func TestImageIsAskedOnce(t *testing.T) {
	const ref = "nginx:1.18.0"
	e := &engine{images: map[string]string{ref: oldNginx}}
	cache := t.TempDir()
	look := func(asked int) {
		t.Helper()
		_, _ = New(Options{Cache: cache, Offline: true, Engine: e}).Image(t.Context(), mustWant(t, ref))
		if e.asked != asked {
			t.Errorf("asked %d times, want %d", e.asked, asked)
		}
	}
	look(1)
	look(1)
	e.images[ref] = newNginx
	look(2)
	e.images[ref] = oldNginx
	look(2)
	for _, file := range cacheFiles(t, cache) { // a writer that was cut
		if err := os.Truncate(file, 2); err != nil {
			t.Fatal(err)
		}
	}
	look(3)
}

func cacheFiles(t *testing.T, cache string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(cache, imagesDir, "*"))
	if err != nil || len(files) != 2 {
		t.Fatalf("%q, %v: want the versions of two images", files, err)
	}
	return files
}

func TestImageWithoutAnEngine(t *testing.T) {
	if _, err := New(Options{}).Image(t.Context(), mustWant(t, "nginx:1.18.0")); !errors.Is(err, errNoEngine) {
		t.Errorf("got %v", err)
	}
}

func TestImageIsPulled(t *testing.T) {
	e := &engine{images: map[string]string{}}
	e.pull = func(ctx context.Context, ref string, progress func(string)) (string, error) {
		progress("Pulling from library/nginx")
		return "nginx version: nginx/1.19.8", nil
	}
	r := New(Options{Cache: t.TempDir(), Engine: e})
	p, err := r.Image(t.Context(), mustWant(t, "nginx:1.19.8"))
	if err != nil || p.Image != "nginx:1.19.8" || p.Got.String() != "1.19.8" {
		t.Errorf("got %+v, %v", p, err)
	}
}

// A registry that has no such image has answered, and is asked again.
func TestRegistryThatAnsweredIsAskedAgain(t *testing.T) {
	e := &engine{images: map[string]string{}, pull: noSuchImage}
	r := New(Options{Cache: t.TempDir(), Engine: e})
	for _, s := range []string{"nginx:1.19.8", "nginx:1.19.9"} {
		if _, err := r.Image(t.Context(), mustWant(t, s)); !errors.Is(err, ErrNoSuchImage) {
			t.Errorf("%s: %v", s, err)
		}
	}
	if len(e.pulls) != 2 {
		t.Errorf("asked for %q", e.pulls)
	}
}

// Whoever asks meanwhile waits for the one question that is open, and asks
// nothing.
func TestSilentRegistryIsAskedOnce(t *testing.T) {
	e := &engine{images: map[string]string{}}
	e.pull = func(ctx context.Context, _ string, _ func(string)) (string, error) {
		<-ctx.Done()
		return "", ctx.Err()
	}
	r := New(Options{Cache: t.TempDir(), Engine: e})
	r.registry = newRegistry(time.Millisecond)
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			_, err := r.Image(t.Context(), mustWant(t, fmt.Sprintf("nginx:1.19.%d", i)))
			if !errors.Is(err, errNoAnswer) {
				t.Errorf("got %v", err)
			}
		})
	}
	wg.Wait()
	if len(e.pulls) != 1 {
		t.Errorf("asked for %q", e.pulls)
	}
}

func TestBrokenRegistryIsAskedOnce(t *testing.T) {
	refused := errors.New("connection refused")
	e := &engine{images: map[string]string{}}
	e.pull = func(context.Context, string, func(string)) (string, error) { return "", refused }
	r := New(Options{Cache: t.TempDir(), Engine: e})
	for _, s := range []string{"nginx:1.19.8", "nginx:1.19.9"} {
		if _, err := r.Image(t.Context(), mustWant(t, s)); !errors.Is(err, refused) {
			t.Errorf("%s: %v", s, err)
		}
	}
	if len(e.pulls) != 1 {
		t.Errorf("asked for %q", e.pulls)
	}
}

// A download takes as long as it takes.
func TestAnsweringRegistryIsNotHurried(t *testing.T) {
	e := &engine{images: map[string]string{}}
	answered := make(chan struct{})
	g := newRegistry(200 * time.Millisecond)
	e.pull = func(ctx context.Context, _ string, progress func(string)) (string, error) {
		progress("Pulling from library/nginx")
		close(answered)
		select {
		case <-ctx.Done():
			return "", ctx.Err()
		case <-time.After(10 * g.timeout):
			return "", nil
		}
	}
	if err := g.pull(t.Context(), e, "nginx:1.19.8", func(string) {}); err != nil {
		t.Error(err)
	}
	<-answered
}

func TestCancelledPullSaysNothingAboutTheRegistry(t *testing.T) {
	e := &engine{images: map[string]string{}}
	ctx, cancel := context.WithCancel(t.Context())
	e.pull = func(ctx context.Context, _ string, _ func(string)) (string, error) {
		cancel()
		<-ctx.Done()
		return "", ctx.Err()
	}
	g := newRegistry(time.Hour)
	if err := g.pull(ctx, e, "nginx:1.19.8", func(string) {}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	e.pull = noSuchImage
	if err := g.pull(t.Context(), e, "nginx:1.19.8", func(string) {}); !errors.Is(err, ErrNoSuchImage) {
		t.Errorf("got %v", err)
	}
}

// readContext reads a build context and returns the headers of its root.tar.
func readContext(t *testing.T, r io.Reader) map[string]*tar.Header {
	t.Helper()
	files := map[string]*tar.Header{}
	outer := tar.NewReader(r)
	for {
		h, err := outer.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		if err != nil {
			t.Error(err)
			return files
		}
		if h.Name != "root.tar" {
			continue
		}
		for inner := tar.NewReader(outer); ; {
			h, err := inner.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Error(err)
				return files
			}
			name := strings.TrimSuffix(h.Name, "/")
			if files[name] != nil {
				t.Errorf("%s is in the image twice", name)
			}
			files[name] = h
		}
	}
}

func TestBuildContext(t *testing.T) {
	root := layout(t, "root/usr/sbin/nginx", "root/lib -> usr/lib", "root/usr/lib/libc.so.6",
		"root/etc/passwd", "root/tmp/", "root/lib64/ld.so -> /lib/ld.so")
	r, w := io.Pipe()
	go func() { _ = w.CloseWithError(writeBuildContext(w, tree{dir: root})) }()
	files := readContext(t, r)
	for _, dir := range openDirs {
		if h := files[dir]; h == nil || h.Mode != 0o1777 {
			t.Errorf("%s: %+v", dir, h)
		}
	}
	for name, link := range map[string]string{"lib": "usr/lib", "lib64/ld.so": "/lib/ld.so"} {
		if h := files[name]; h == nil || h.Linkname != link {
			t.Errorf("%s: %+v", name, h)
		}
	}
	if h := files["etc/passwd"]; h == nil || h.Size != int64(len(users)) {
		t.Errorf("etc/passwd: %+v", h)
	}
	for name, h := range files {
		if h.Uid != 0 || h.Gid != 0 || h.Uname != "" {
			t.Errorf("%s belongs to %d:%d %s", name, h.Uid, h.Gid, h.Uname)
		}
	}
}
