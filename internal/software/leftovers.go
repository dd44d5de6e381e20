package software

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// makeCache makes the cache's directories, readable for everybody whatever the
// umask says: what is in it is public.
func (r *Resolver) makeCache() (string, error) {
	cache, err := r.cacheDir()
	if err != nil {
		return "", err
	}
	for _, dir := range []string{cache, filepath.Join(cache, tmpDir), filepath.Join(cache, locksDir)} {
		if _, err := os.Stat(dir); err == nil {
			continue
		}
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return "", fmt.Errorf("make the cache: %w", err)
		}
		if err := os.Chmod(dir, 0o755); err != nil {
			return "", fmt.Errorf("make the cache: %w", err)
		}
	}
	return cache, nil
}

func lockPath(cache, key string) string { return filepath.Join(cache, locksDir, key+".lock") }

// Sweep removes what fetches that were killed left in the cache. What another
// process is working on stays.
func (r *Resolver) Sweep() error {
	cache, err := r.cacheDir()
	if err != nil {
		return err
	}
	files, err := os.ReadDir(filepath.Join(cache, tmpDir))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("sweep the cache: %w", err)
	}
	var errs []error
	for _, f := range files {
		key, _, _ := strings.Cut(f.Name(), ".")
		errs = append(errs, sweepKey(cache, key))
	}
	return errors.Join(errs...)
}

func sweepKey(cache, key string) error {
	lock, err := tryLockFile(lockPath(cache, key))
	if err != nil || lock == nil {
		return err
	}
	return errors.Join(removeLeftovers(cache, key), lock.unlock())
}

// removeLeftovers removes the working directories of a package. The caller
// holds its lock, so nobody is at work in them.
func removeLeftovers(cache, key string) error {
	files, err := os.ReadDir(filepath.Join(cache, tmpDir))
	if err != nil {
		return fmt.Errorf("remove leftovers: %w", err)
	}
	var errs []error
	for _, f := range files {
		if strings.HasPrefix(f.Name(), key+".") {
			errs = append(errs, removeTree(filepath.Join(cache, tmpDir, f.Name())))
		}
	}
	return errors.Join(errs...)
}

// removeTree removes a directory. A tree can hold directories that their owner
// may not write to, which os.RemoveAll cannot empty.
func removeTree(dir string) error {
	if os.RemoveAll(dir) == nil {
		return nil
	}
	_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() {
			return os.Chmod(path, 0o700)
		}
		return nil
	})
	if err := os.RemoveAll(dir); err != nil {
		return fmt.Errorf("remove leftovers: %w", err)
	}
	return nil
}
