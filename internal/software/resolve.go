package software

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// maxLinks bounds the links followed on the way to one file, as the kernel does
// (path_resolution(7): 40).
const maxLinks = 40

var errTooManyLinks = errors.New("too many links")

// resolveIn returns the file that path means inside the root tree, as a path of
// the host without a link in it: what chroot(2) into root would open. Absolute
// targets of links start at root, and ".." stops there, so nothing outside the
// tree is ever reached.
func resolveIn(root, path string) (string, error) {
	todo := strings.Split(path, "/")
	at, links := "/", 0
	for len(todo) > 0 {
		part := todo[0]
		todo = todo[1:]
		switch part {
		case "", ".":
			continue
		case "..":
			at = filepath.Dir(at)
			continue
		}
		next := filepath.Join(at, part)
		target, err := readLink(filepath.Join(root, next))
		if err != nil {
			return "", fmt.Errorf("resolve %s in %s: %w", path, root, err)
		}
		if target == "" {
			at = next
			continue
		}
		if links++; links > maxLinks {
			return "", fmt.Errorf("resolve %s in %s: %w", path, root, errTooManyLinks)
		}
		if strings.HasPrefix(target, "/") {
			at = "/"
		}
		todo = append(strings.Split(target, "/"), todo...)
	}
	return filepath.Join(root, at), nil
}

// readLink returns the target of a link, "" for a file that is none.
func readLink(path string) (string, error) {
	info, err := os.Lstat(path)
	if err != nil {
		return "", err
	}
	if info.Mode()&fs.ModeSymlink == 0 {
		return "", nil
	}
	return os.Readlink(path)
}
