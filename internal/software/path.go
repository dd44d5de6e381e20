package software

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"halab/internal/haproxy"
)

// systemDirs are where distributions put daemons; they are often not on the
// PATH of a user who is not root.
var systemDirs = []string{"/usr/local/sbin", "/usr/sbin", "/sbin"}

// installed is an executable on PATH and the version that it reports.
type installed struct {
	path    string
	version haproxy.Version
}

// source names the executable for people.
func (in installed) source() string {
	return fmt.Sprintf("%s on PATH (%s)", filepath.Base(in.path), in.path)
}

// onPath returns the executables called name that say which version they are,
// in the order of the search. One that fails to say so is passed over: it
// cannot be used.
func (r *Resolver) onPath(ctx context.Context, name string) []installed {
	var found []installed
	for _, path := range executables(r.pathDirs(), name) {
		v, err := r.versions.do(ctx, path, func(ctx context.Context) (haproxy.Version, error) {
			return runVersion(ctx, name, []string{path})
		})
		if err == nil {
			found = append(found, installed{path, v})
		}
	}
	return found
}

func (r *Resolver) pathDirs() []string {
	if r.opts.Path != nil {
		return r.opts.Path
	}
	return append(filepath.SplitList(os.Getenv("PATH")), systemDirs...)
}

// executables returns the executable files called name in the directories, each
// file once. Relative directories are skipped, as os/exec does: what is started
// must not depend on the working directory.
func executables(dirs []string, name string) []string {
	var found, targets []string
	for _, dir := range dirs {
		if !filepath.IsAbs(dir) {
			continue
		}
		path := filepath.Join(dir, name)
		info, err := os.Stat(path)
		if err != nil || !info.Mode().IsRegular() || info.Mode()&0o111 == 0 {
			continue
		}
		target, err := filepath.EvalSymlinks(path)
		if err != nil || slices.Contains(targets, target) {
			continue
		}
		found, targets = append(found, path), append(targets, target)
	}
	return found
}
