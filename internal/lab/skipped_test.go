package lab

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestListSkips has files among the records that halab cannot have written.
// They neither stop nor hold up what lists the records, and are told.
func TestListSkips(t *testing.T) {
	state := t.TempDir()
	mustCreate(t, newTestRecord(t, state, "mine"))
	in := func(name string) string { return filepath.Join(state, "labs", name) }
	write := func(name, text string, mode os.FileMode) error {
		if err := os.WriteFile(in(name), []byte(text), 0o600); err != nil {
			return err
		}
		return os.Chmod(in(name), mode)
	}
	tests := []struct {
		file, want string
		make       func(path string) error
	}{
		{"directory.json", "not a regular file", func(p string) error { return os.Mkdir(p, 0o700) }},
		{"fifo.json", "not a regular file", func(p string) error { return syscall.Mkfifo(p, 0o600) }},
		{"link.json", "too many levels of symbolic links", func(p string) error { return os.Symlink("mine.json", p) }},
		{"open.json", "other users can write", func(string) error { return write("open.json", "{}", 0o666) }},
		{"huge.json", "more than", func(string) error {
			return os.Truncate(in("huge.json"), maxRecord+1)
		}},
		{"\x1b[2J.json", `"\x1b[2J.json"`, func(string) error { return write("\x1b[2J.json", "{}", 0o600) }},
	}
	if os.Geteuid() == 0 {
		tests = append(tests, struct {
			file, want string
			make       func(path string) error
		}{"theirs.json", "belongs to another user", func(p string) error {
			return errors.Join(write("theirs.json", "{}", 0o600), os.Chown(p, 65534, 65534))
		}})
	}
	if err := write("huge.json", "", 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range tests {
		if err := tt.make(in(tt.file)); err != nil {
			t.Fatal(err)
		}
	}
	records, skipped, err := List(state)
	if err != nil || len(records) != 1 || records[0].Name != "mine" || len(skipped) != len(tests) {
		t.Fatalf("%d records, %d skipped, %v; want 1, %d", len(records), len(skipped), err, len(tests))
	}
	var told strings.Builder
	for _, why := range skipped {
		told.WriteString(why.Error() + "\n")
	}
	for _, tt := range tests {
		if !strings.Contains(told.String(), tt.want) {
			t.Errorf("%q: not told as %q:\n%s", tt.file, tt.want, told.String())
		}
	}
	if _, err := Open(state, "fifo"); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("open a FIFO: %v", err)
	}
}

// TestRecordSpeaksForItself has a record give another name and another socket
// than those of its file and its directory.
func TestRecordSpeaksForItself(t *testing.T) {
	state := t.TempDir()
	r := newTestRecord(t, state, "mine")
	mustCreate(t, r)
	r.Name, r.Admin = "\x1b[2Jother", "/run/haproxy/admin.sock"
	if err := r.save(); err != nil {
		t.Fatal(err)
	}
	got, err := Open(state, "mine")
	if err != nil || got.Name != "mine" || got.Admin != filepath.Join(r.Dir, adminSocket) || got.Foreign() != nil {
		t.Errorf("%+v, %v", got, err)
	}
	r.ID = "../../../etc"
	if err := r.save(); err != nil {
		t.Fatal(err)
	}
	if got, err := Open(state, "mine"); err != nil || got.ID != "" {
		t.Errorf("an id that is none: %+v, %v", got, err)
	}
}
