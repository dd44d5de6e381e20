package lab

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"syscall"
)

// validID is how newID writes an id.
var validID = regexp.MustCompile(`^[0-9a-f]{12}$`)

// ValidID reports whether id can be a lab's.
func ValidID(id string) bool { return validID.MatchString(id) }

// MarkName is the file in a lab's directory by which halab knows that it made
// the directory, and for this lab. The id stands in the name, not in the file,
// so that the mark is whole from the moment at which it exists.
func MarkName(id string) string { return ".halab-" + id }

// makeDir makes the lab's directory, with its sockets, logs and key, and marks it.
func (r *Record) makeDir() error {
	if err := os.Mkdir(r.Dir, 0o700); err != nil {
		return fmt.Errorf("make the lab's directory: %w", err)
	}
	f, err := os.OpenFile(filepath.Join(r.Dir, MarkName(r.ID)), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("mark the lab's directory: %w", err)
	}
	return f.Close()
}

// OpenMark opens the mark of a lab's directory, for a program of the lab to
// inherit: nginx overwrites its environment, but keeps what it has open.
func OpenMark(id, dir string) (*os.File, error) {
	return os.OpenFile(filepath.Join(dir, MarkName(id)), os.O_RDONLY|syscall.O_NOFOLLOW, 0)
}

// CheckDir is an error unless dir is the directory that halab, as this user,
// made for the lab of this id. What a record says is not enough to delete a
// directory or to end a process. Where the directory stands is not asked: TMPDIR
// may be another one than that of the halab that made it, and whoever can put a
// marked directory of this user's elsewhere is this user. It is fs.ErrNotExist where nothing is there.
func CheckDir(id, dir string) error {
	if !ValidID(id) {
		return fmt.Errorf("%q is not the id of a lab", id)
	}
	if !filepath.IsAbs(dir) || filepath.Clean(dir) != dir || filepath.Base(dir) != dirPrefix+id {
		return fmt.Errorf("%q is not the name of a lab's directory", dir)
	}
	info, err := os.Lstat(dir)
	switch {
	case err != nil:
		return err
	case !info.IsDir():
		return fmt.Errorf("%q is not a directory", dir)
	case !Mine(info):
		return fmt.Errorf("%q belongs to another user", dir)
	case info.Mode().Perm()&0o022 != 0:
		return fmt.Errorf("other users can write to %q", dir)
	}
	mark, err := os.Lstat(filepath.Join(dir, MarkName(id)))
	if err != nil || !mark.Mode().IsRegular() || !Mine(mark) {
		return fmt.Errorf("%q does not have the mark of halab", dir)
	}
	return nil
}

// Mine reports whether a file belongs to the user that halab runs as.
func Mine(info fs.FileInfo) bool {
	s, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(s.Uid) == os.Geteuid()
}

// Foreign is an error where the record names a directory that halab did not
// make: it is left alone, and no program is ended because of it.
func (r *Record) Foreign() error {
	if err := CheckDir(r.ID, r.Dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// removeDir removes the lab's directory, and no other one, whatever the
// record says.
func (r *Record) removeDir() error {
	if CheckDir(r.ID, r.Dir) == nil {
		return os.RemoveAll(r.Dir)
	}
	if ValidID(r.ID) && filepath.IsAbs(r.Dir) && filepath.Base(r.Dir) == dirPrefix+r.ID {
		// Its halab was killed before it marked the directory, which is empty
		// then. One that is not stays.
		_ = syscall.Rmdir(r.Dir)
	}
	return nil
}
