package software

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"halab/internal/haproxy"
)

// fetch returns the cache entry of a Debian package, unpacking the package
// first where the cache has no entry of it that satisfies want. The entry may
// hold another version than the one wanted: the suite has moved on, and the
// caller decides.
func (r *Resolver) fetch(ctx context.Context, p debianPackage, want Want) (tree, error) {
	return r.fetches.do(ctx, p.key()+" "+want.String(), func(ctx context.Context) (tree, error) {
		t, err := r.fetchOnce(ctx, p, want)
		if err != nil {
			if ctx.Err() == nil {
				r.failed.Store(p.key(), true)
			}
			if errors.Is(err, errNoMirror) {
				r.noMirror.Store(true)
			}
			return tree{}, fmt.Errorf("%s: %w", p.source(), err)
		}
		return t, nil
	})
}

func (r *Resolver) fetchOnce(ctx context.Context, p debianPackage, want Want) (_ tree, err error) {
	if r.opts.Offline {
		return tree{}, errOffline
	}
	if r.noMirror.Load() {
		return tree{}, errNoMirror
	}
	if err := canUnpack(); err != nil {
		return tree{}, err
	}
	cache, err := r.makeCache()
	if err != nil {
		return tree{}, err
	}
	lock, err := lockFile(ctx, lockPath(cache, p.key()), func() {
		r.progress("%s from %s: another process is unpacking it, waiting", p.name, p.source())
	})
	if err != nil {
		return tree{}, err
	}
	defer func() { err = errors.Join(err, lock.unlock()) }()
	if t, ok := r.cachedTree(ctx, want, p.suite); ok {
		return t, nil // the other process has done it
	}
	if err := ctx.Err(); err != nil {
		return tree{}, err // what is in the cache could not be looked at
	}
	if err := removeLeftovers(cache, p.key()); err != nil {
		return tree{}, err
	}
	return r.unpackInto(ctx, cache, p)
}

// unpackInto makes the entry of a package. The caller holds the package's lock.
func (r *Resolver) unpackInto(ctx context.Context, cache string, p debianPackage) (_ tree, err error) {
	work, err := os.MkdirTemp(filepath.Join(cache, tmpDir), p.key()+".*")
	if err != nil {
		return tree{}, fmt.Errorf("unpack: %w", err)
	}
	defer func() { err = errors.Join(err, removeTree(work)) }()
	t := tree{dir: filepath.Join(work, "entry"), name: p.name, suite: p.suite}
	for _, dir := range []string{t.dir, filepath.Join(work, "scratch")} {
		if err := os.Mkdir(dir, 0o755); err != nil {
			return tree{}, fmt.Errorf("unpack: %w", err)
		}
	}
	r.progress("%s from %s: downloading and unpacking the package %s, about 20 MB, once", p.name, p.source(), p.pkg)
	tell := func(line string) { r.progress("%s from %s: %s", p.name, p.source(), line) }
	if err := unpack(ctx, p, t.root(), filepath.Join(work, "scratch"), tell); err != nil {
		return tree{}, err
	}
	if err := prune(t.root(), p.name); err != nil {
		return tree{}, err
	}
	if t.version, err = treeVersion(ctx, t); err != nil {
		return tree{}, err
	}
	if err := t.writeMarker(); err != nil {
		return tree{}, err
	}
	if err := os.Chmod(t.dir, 0o755); err != nil {
		return tree{}, fmt.Errorf("unpack: %w", err)
	}
	if t, err = publish(cache, work, t); err != nil {
		return tree{}, err
	}
	r.progress("%s %s from %s: unpacked", t.name, t.version, t.source())
	return t, nil
}

// publish renames a finished entry into its place. An entry that is there
// already was found unusable, or this one would not have been made: it makes
// room.
func publish(cache, work string, t tree) (tree, error) {
	final := filepath.Join(cache, strings.Join([]string{t.name, t.version.String(), t.suite, runtime.GOARCH}, "_"))
	err := os.Rename(final, filepath.Join(work, "replaced"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return tree{}, fmt.Errorf("replace a cache entry: %w", err)
	}
	if err := os.Rename(t.dir, final); err != nil {
		return tree{}, fmt.Errorf("put the cache entry into place: %w", err)
	}
	t.dir = final
	return t, nil
}

// treeVersion starts the tree's binary and reads its version.
func treeVersion(ctx context.Context, t tree) (haproxy.Version, error) {
	argv, err := t.argv()
	if err != nil {
		return haproxy.Version{}, err
	}
	return runVersion(ctx, t.name, argv)
}

// cachedTree returns the newest entry that satisfies want and whose binary,
// started now, says so. suite narrows the search unless it is empty.
func (r *Resolver) cachedTree(ctx context.Context, want Want, suite string) (tree, bool) {
	for _, t := range r.cached(want.Name) {
		if suite != "" && t.suite != suite || !satisfies(t.version, want.Version) {
			continue
		}
		v, err := treeVersion(ctx, t)
		if err == nil && v == t.version {
			return t, true
		}
	}
	return tree{}, false
}

func (r *Resolver) progress(format string, args ...any) {
	r.opts.Progress(fmt.Sprintf(format, args...))
}
