package software

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// kept are the patterns (path.Match) of what a program needs of its package's
// root tree, NAME standing for the program. A pattern takes what is below it as
// well. Paths are without a leading usr/, so they hold before and after the
// merge of /usr. The rest (shells, perl, documentation, locales, apt's lists)
// is removed: half of the size, and everything with a set-user-id bit.
var kept = []string{
	"etc/NAME",
	"etc/nsswitch.conf",
	"etc/os-release",
	"etc/ssl/openssl.cnf",
	"lib/*-linux-gnu/*.so",
	"lib/*-linux-gnu/*.so.*",
	"lib/*-linux-gnu/engines-*",
	"lib/*-linux-gnu/ossl-modules",
	"lib/NAME",
	"lib/ld-linux-*",
	"lib/os-release",
	"lib/ssl/openssl.cnf",
	"lib64",
	"sbin/NAME",
	"share/NAME",
}

// prune removes from a root tree what its program does not need, and makes the
// rest readable for everybody.
func prune(root, name string) error {
	err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, file)
		if err != nil {
			return err
		}
		if keep(rel, name, d) {
			return makeReadable(file, d)
		}
		if err := removeTree(file); err != nil {
			return err
		}
		if d.IsDir() {
			return fs.SkipDir
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("prune %s: %w", root, err)
	}
	return nil
}

// keep says whether a file of the tree stays: it is kept itself, is below what
// is kept, or is a directory (or a link in place of one, as /lib after the merge
// of /usr) on the way there.
func keep(rel, name string, d fs.DirEntry) bool {
	if rel == "." || rel == "usr" {
		return true
	}
	parts := strings.Split(strings.TrimPrefix(rel, "usr/"), "/")
	for _, pattern := range kept {
		want := strings.Split(strings.ReplaceAll(pattern, "NAME", name), "/")
		n := min(len(want), len(parts))
		if !slices.EqualFunc(want[:n], parts[:n], func(p, s string) bool {
			ok, _ := path.Match(p, s)
			return ok
		}) {
			continue
		}
		onTheWay := len(parts) < len(want)
		if !onTheWay || !d.Type().IsRegular() {
			return true
		}
	}
	return false
}

// makeReadable sets the modes that a cache shared by users wants, without a
// set-user-id bit.
func makeReadable(file string, d fs.DirEntry) error {
	info, err := d.Info()
	if err != nil {
		return err
	}
	switch {
	case d.IsDir():
		return os.Chmod(file, 0o755)
	case !d.Type().IsRegular():
		return nil
	case info.Mode()&0o111 != 0:
		return os.Chmod(file, 0o755)
	}
	return os.Chmod(file, 0o644)
}
