package software

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"

	"halab/internal/haproxy"
)

// The cache's layout. An entry is a directory NAME_VERSION_SUITE_ARCH with the
// package's files in root/ and a marker beside it. It is built under tmp/ and
// renamed into place whole, so an entry that is there is complete, and reading
// one takes no lock and writes nothing.
const (
	markerFile   = "software.json"
	rootDir      = "root"
	tmpDir       = "tmp"
	locksDir     = "locks"
	markerFormat = 1
)

// tree is an entry of the cache.
type tree struct {
	dir     string
	name    string
	version haproxy.Version // as the binary said when it was unpacked
	suite   string
}

// root is the directory of the package's files.
func (t tree) root() string { return filepath.Join(t.dir, rootDir) }

// argv is how to start the tree's program on this host.
func (t tree) argv() ([]string, error) {
	return loaderArgv(t.root(), filepath.Join("usr", "sbin", t.name))
}

// source names the tree for people.
func (t tree) source() string { return "Debian " + t.suite }

// marker is written last into an entry.
type marker struct {
	Format  int    `json:"format"`
	Name    string `json:"name"`
	Version string `json:"version"`
	Suite   string `json:"suite"`
	Arch    string `json:"arch"`
}

// cacheDir returns the cache's directory, which need not exist.
func (r *Resolver) cacheDir() (string, error) {
	dir := r.opts.Cache
	if dir == "" {
		dir = os.Getenv("HALAB_CACHE")
	}
	if dir == "" {
		user, err := os.UserCacheDir()
		if err != nil {
			return "", fmt.Errorf("find the cache directory: %w (set HALAB_CACHE)", err)
		}
		dir = filepath.Join(user, "halab")
	}
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("find the cache directory: %w", err)
	}
	return abs, nil
}

// cached returns the entries for this machine's architecture, newest version
// first. What is not a complete entry is passed over.
func (r *Resolver) cached(name string) []tree {
	dir, err := r.cacheDir()
	if err != nil {
		return nil
	}
	files, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	var found []tree
	for _, f := range files {
		t, err := readTree(filepath.Join(dir, f.Name()))
		if err == nil && t.name == name {
			found = append(found, t)
		}
	}
	slices.SortStableFunc(found, func(a, b tree) int { return compare(b.version, a.version) })
	return found
}

// readTree reads the marker of an entry.
func readTree(dir string) (tree, error) {
	b, err := os.ReadFile(filepath.Join(dir, markerFile))
	if err != nil {
		return tree{}, fmt.Errorf("read a cache entry: %w", err)
	}
	var m marker
	if err := json.Unmarshal(b, &m); err != nil {
		return tree{}, fmt.Errorf("read a cache entry %s: %w", dir, err)
	}
	if m.Format != markerFormat || m.Arch != runtime.GOARCH || !slices.Contains(names, m.Name) {
		return tree{}, fmt.Errorf("read a cache entry %s: not one of this program and machine", dir)
	}
	v, err := haproxy.ParseVersion(m.Version)
	if err != nil {
		return tree{}, fmt.Errorf("read a cache entry %s: %w", dir, err)
	}
	return tree{dir: dir, name: m.Name, version: v, suite: m.Suite}, nil
}

// writeMarker makes a directory an entry.
func (t tree) writeMarker() error {
	b, err := json.Marshal(marker{markerFormat, t.name, t.version.String(), t.suite, runtime.GOARCH})
	if err != nil {
		return fmt.Errorf("mark a cache entry: %w", err)
	}
	file := filepath.Join(t.dir, markerFile)
	if err := os.WriteFile(file, append(b, '\n'), 0o644); err != nil {
		return fmt.Errorf("mark a cache entry: %w", err)
	}
	if err := os.Chmod(file, 0o644); err != nil { // whatever the umask says
		return fmt.Errorf("mark a cache entry: %w", err)
	}
	return nil
}
