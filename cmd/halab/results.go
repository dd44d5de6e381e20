package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"halab/internal/scenario"
)

// defaultResults is where results go without --out: each run makes a
// directory of its own in it.
const defaultResults = "halab-results"

// results is the directory of one run.
type results struct {
	dir  string
	made []string // directories that were made, the outermost first
}

// checkOut refuses an --out that holds something, before anything is started:
// results never overwrite or mix with others.
func checkOut(out string) error {
	if out == "" {
		return nil
	}
	entries, err := os.ReadDir(out)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case errors.Is(err, syscall.ENOTDIR):
		return usagef("--out %s: %s is a file: name a directory, which is made when it is missing", out, fileIn(out))
	case err != nil:
		return usagef("--out %s: %w", out, err)
	case len(entries) > 0:
		return usagef("--out %s is not empty: name another directory, or remove it (rm -r %s)", out, out)
	}
	return nil
}

// fileIn is the part of a path that is a file.
func fileIn(path string) string {
	for at := filepath.Clean(path); ; at = filepath.Dir(at) {
		if _, err := os.Stat(at); err == nil || at == filepath.Dir(at) {
			return at
		}
	}
}

// makeResults makes the directory for the results of one scenario: out
// itself, a directory in it when there are several scenarios, or a new one
// in halab-results.
func makeResults(out string, s *scenario.Scenario, several bool, now time.Time) (*results, error) {
	switch {
	case out == "":
		return makeNew(filepath.Join(defaultResults, s.Name+"-"+now.Format("20060102-150405")))
	case several:
		return makeNew(filepath.Join(out, s.Name))
	}
	r := &results{dir: out}
	if err := r.make(out); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, outError(out, err)
	}
	return r, nil
}

// makeNew makes a directory of this name, with a number behind where there is
// one already.
func makeNew(name string) (*results, error) {
	for n := 1; ; n++ {
		r := &results{dir: name}
		if n > 1 {
			r.dir += "-" + strconv.Itoa(n)
		}
		err := r.make(r.dir)
		if err == nil {
			return r, nil
		}
		if !errors.Is(err, fs.ErrExist) {
			return nil, outError(r.dir, err)
		}
	}
}

// make makes the directory and whatever is missing above it.
func (r *results) make(dir string) error {
	err := os.Mkdir(dir, 0o755)
	if above := filepath.Dir(dir); errors.Is(err, fs.ErrNotExist) && above != dir {
		switch aerr := r.make(above); {
		case aerr == nil:
			err = os.Mkdir(dir, 0o755)
		case !errors.Is(aerr, fs.ErrExist):
			return aerr
		}
	}
	if err == nil {
		r.made = append(r.made, dir)
	}
	return err
}

// outError is a mistake on the command line, unless the disk is full.
func outError(dir string, err error) error {
	err = fmt.Errorf("make the directory for the results: %w (--out DIR names another one)", err)
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return err
	}
	return &usageError{err}
}

// discard removes what a run that never began has left: empty files, and the
// directories that were made for them.
func (r *results) discard() {
	entries, _ := os.ReadDir(r.dir)
	for _, e := range entries {
		if info, err := e.Info(); err == nil && info.Mode().IsRegular() && info.Size() == 0 {
			_ = os.Remove(filepath.Join(r.dir, e.Name()))
		}
	}
	for i := len(r.made) - 1; i >= 0; i-- {
		_ = os.Remove(r.made[i]) // only where it is empty
	}
}
