package lab

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

// keepWord makes the test binary a keeper whose runtime is a fakeRuntime that
// writes what it removes to the record's path with .removed.
const keepWord = "__keep"

func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == keepWord {
		rt := &fakeRuntime{log: os.Args[2] + ".removed"}
		err := Keep(os.Stdin, os.Stdout, os.Args[2], func(string) (Runtime, error) { return rt, nil })
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

// fakeRuntime has nothing to run and remembers what it was to remove.
type fakeRuntime struct {
	Runtime
	log     string
	removed []string
	fail    []error // of the first removals
}

func (f *fakeRuntime) Name() string { return "fake" }

func (f *fakeRuntime) Remove(_ context.Context, rec *Record) error {
	if len(f.fail) > 0 {
		err := f.fail[0]
		f.fail = f.fail[1:]
		if errors.Is(err, ErrKept) { // all else is gone
			f.removed = append(f.removed, rec.ID)
		}
		return err
	}
	f.removed = append(f.removed, rec.ID)
	if f.log == "" {
		return nil
	}
	return os.WriteFile(f.log, []byte(rec.ID), 0o600)
}

// newTestRecord is a record in a state directory of the test's own, not on
// the disk yet.
func newTestRecord(t *testing.T, state, name string) *Record {
	t.Helper()
	id := newID()
	dir := filepath.Join(state, "halab-"+id)
	r := &Record{ID: id, Name: name, Runtime: "fake", Dir: dir, Admin: filepath.Join(dir, "admin.sock"),
		path: filepath.Join(state, "labs", name+".json")}
	t.Cleanup(func() {
		if r.lock != nil {
			_ = r.lock.Close()
		}
	})
	return r
}

// mustCreate puts it and the lab's directory on the disk.
func mustCreate(t *testing.T, r *Record) {
	t.Helper()
	if err := r.create(); err != nil {
		t.Fatal(err)
	}
	if err := r.makeDir(); err != nil {
		t.Fatal(err)
	}
}

// wantFiles checks what the directory of the records holds.
func wantFiles(t *testing.T, state string, want ...string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(state, "labs"))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("records %q, want %q", got, want)
	}
}
