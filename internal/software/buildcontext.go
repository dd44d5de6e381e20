package software

import (
	"archive/tar"
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"
)

const dockerfile = "FROM scratch\nADD root.tar /\n"

// users and groups are those that HAProxy and nginx look up; a package that is
// only unpacked brings none.
const (
	users = `root:x:0:0:root:/root:/usr/sbin/nologin
www-data:x:33:33:www-data:/var/www:/usr/sbin/nologin
haproxy:x:99:99:haproxy:/var/lib/haproxy:/usr/sbin/nologin
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
`
	groups = `root:x:0:
adm:x:4:
www-data:x:33:
haproxy:x:99:
nogroup:x:65534:
`
)

// addedFiles are the files that an image has beside its package's.
var addedFiles = []struct{ path, text string }{
	{"etc/group", groups},
	{"etc/passwd", users},
}

// openDirs are directories that any user may write to, as in /tmp: a lab runs
// its containers with the uid of the user who started it.
var openDirs = []string{
	"run",
	"run/haproxy",
	"tmp",
	"var/cache/nginx",
	"var/lib/haproxy",
	"var/lib/nginx",
	"var/log/nginx",
	"var/tmp",
}

// imageTime is the time of every file of an image, so that the same package
// makes the same layer.
var imageTime = time.Unix(0, 0)

// writeBuildContext writes a tar stream: a Dockerfile, and the image's root as
// a tar file. The tar format wants the length of the inner one before its
// content, so that one is written twice, the first time only to be counted.
func writeBuildContext(w io.Writer, t tree) error {
	var length counter
	if err := writeRoot(&length, t.root()); err != nil {
		return err
	}
	tw := tar.NewWriter(w)
	if err := writeFile(tw, "Dockerfile", dockerfile); err != nil {
		return err
	}
	if err := tw.WriteHeader(&tar.Header{Name: "root.tar", Mode: 0o644, Size: int64(length), ModTime: imageTime}); err != nil {
		return fmt.Errorf("write the build context: %w", err)
	}
	if err := writeRoot(tw, t.root()); err != nil {
		return err
	}
	if err := tw.Close(); err != nil {
		return fmt.Errorf("write the build context: %w", err)
	}
	return nil
}

// counter counts the bytes written to it.
type counter int64

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}

// writeRoot writes the image's root as a tar file that names no path twice.
func writeRoot(w io.Writer, root string) error {
	tw := tar.NewWriter(w)
	if err := writeAdditions(tw); err != nil {
		return err
	}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		if rel == "." || isAddition(rel) {
			return nil
		}
		return writeEntry(tw, path, filepath.ToSlash(rel), d)
	})
	if err != nil {
		return fmt.Errorf("write the image's files: %w", err)
	}
	if err := tw.Close(); err != nil {
		return fmt.Errorf("write the image's files: %w", err)
	}
	return nil
}

func isAddition(rel string) bool {
	return slices.Contains(openDirs, rel) ||
		slices.ContainsFunc(addedFiles, func(f struct{ path, text string }) bool { return f.path == rel })
}

func writeAdditions(tw *tar.Writer) error {
	for _, dir := range openDirs {
		h := &tar.Header{Typeflag: tar.TypeDir, Name: dir + "/", Mode: 0o1777, ModTime: imageTime}
		if err := tw.WriteHeader(h); err != nil {
			return fmt.Errorf("write %s: %w", dir, err)
		}
	}
	for _, f := range addedFiles {
		if err := writeFile(tw, f.path, f.text); err != nil {
			return err
		}
	}
	return nil
}

func writeFile(tw *tar.Writer, name, text string) error {
	h := &tar.Header{Name: name, Mode: 0o644, Size: int64(len(text)), ModTime: imageTime}
	if err := tw.WriteHeader(h); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	if _, err := io.Copy(tw, bytes.NewReader([]byte(text))); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}

// writeEntry writes one file of the tree, owned by root whoever unpacked it.
func writeEntry(tw *tar.Writer, path, name string, d fs.DirEntry) error {
	info, err := d.Info()
	if err != nil {
		return err
	}
	h := &tar.Header{Name: name, Mode: int64(info.Mode().Perm()), ModTime: imageTime}
	switch {
	case d.IsDir():
		h.Typeflag, h.Name = tar.TypeDir, name+"/"
	case d.Type()&fs.ModeSymlink != 0:
		h.Typeflag, h.Mode = tar.TypeSymlink, 0o777
		if h.Linkname, err = os.Readlink(path); err != nil {
			return err
		}
	case d.Type().IsRegular():
		h.Typeflag, h.Size = tar.TypeReg, info.Size()
	default:
		return nil // a device or a socket: nothing that an image needs
	}
	if err := tw.WriteHeader(h); err != nil || h.Typeflag != tar.TypeReg {
		return err
	}
	return copyFile(tw, path)
}

func copyFile(w io.Writer, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = io.Copy(w, f)
	return err
}
