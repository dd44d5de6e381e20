package lab

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestKeep(t *testing.T) {
	broken := errors.New("no engine")
	tests := []struct {
		name    string
		said    func(r *Record) string
		prepare func(t *testing.T, r *Record)
		fail    []error
		removed bool
		left    []string
		err     error
	}{
		{name: "killed before it said anything", said: func(*Record) string { return "" }, left: []string{"mine.json"}},
		{name: "killed in the middle of the id", said: func(r *Record) string { return r.ID[:3] }, left: []string{"mine.json"}},
		{name: "killed", said: func(r *Record) string { return r.ID + "\n" }, removed: true},
		{name: "killed before it said done", said: func(r *Record) string { return r.ID + "\ndon" }, removed: true},
		{name: "done", said: func(r *Record) string { return r.ID + "\ndone\n" }, left: []string{"mine.json"}},
		{name: "another lab's name", said: func(*Record) string { return "0123456789ab\n" }, left: []string{"mine.json"}},
		{name: "no record", said: func(r *Record) string { return r.ID + "\n" },
			prepare: func(t *testing.T, r *Record) { mustRemove(t, r.path) }},
		{name: "a draft alone", said: func(r *Record) string { return r.ID + "\n" },
			prepare: func(t *testing.T, r *Record) { mustRename(t, r.path, r.draft()) }},
		{name: "an engine that comes back", said: func(r *Record) string { return r.ID + "\n" },
			fail: []error{broken, broken}, removed: true},
		{name: "an engine that keeps a network", said: func(r *Record) string { return r.ID + "\n" },
			fail: []error{ErrKept}, removed: true, err: ErrKept},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			state := t.TempDir()
			r := newTestRecord(t, state, "mine")
			mustCreate(t, r)
			if tt.prepare != nil {
				tt.prepare(t, r)
			}
			rt := &fakeRuntime{fail: tt.fail}
			var out strings.Builder
			err := Keep(strings.NewReader(tt.said(r)), &out, r.path, func(string) (Runtime, error) { return rt, nil })
			if !errors.Is(err, tt.err) || out.String() != keeperReady {
				t.Errorf("keeper says %q and ends with %v", out.String(), err)
			}
			if got := slices.Equal(rt.removed, []string{r.ID}); got != tt.removed || !got && len(rt.removed) > 0 {
				t.Errorf("removed %q, want %v", rt.removed, tt.removed)
			}
			if _, err := os.Stat(r.Dir); os.IsNotExist(err) != tt.removed {
				t.Errorf("the lab's directory: %v", err)
			}
			wantFiles(t, state, tt.left...)
		})
	}
}

func mustRemove(t *testing.T, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
}

func mustRename(t *testing.T, from, to string) {
	t.Helper()
	if err := os.Rename(from, to); err != nil {
		t.Fatal(err)
	}
}

// TestKeeperUnheard has halab killed before it could hear the keeper: nobody
// reads its output any more.
func TestKeeperUnheard(t *testing.T) {
	state := t.TempDir()
	r := newTestRecord(t, state, "mine")
	mustCreate(t, r)
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := read.Close(); err != nil {
		t.Fatal(err)
	}
	defer write.Close()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe, keepWord, r.path)
	cmd.Stdin, cmd.Stdout = strings.NewReader(r.ID+"\n"), write
	if err := cmd.Run(); err != nil {
		t.Errorf("keeper: %v", err)
	}
	if data, err := os.ReadFile(r.path + ".removed"); string(data) != r.ID {
		t.Errorf("removed %q, %v", data, err)
	}
	wantFiles(t, state, "mine.json.removed")
}

func TestStartKeeper(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	state := t.TempDir()
	r := newTestRecord(t, state, "mine")
	k, err := startKeeper([]string{exe, keepWord}, r, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(k.armed(), k.release()); err != nil {
		t.Errorf("release: %v", err)
	}
	wantFiles(t, state)

	if _, err := startKeeper([]string{"/nowhere/halab"}, r, nil); err == nil {
		t.Error("a keeper that is not there starts")
	}
	k, err = startKeeper([]string{"/bin/sh", "-c", "echo what; read id"}, r, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := k.armed(); err == nil || !strings.Contains(err.Error(), "what") {
		t.Errorf("a keeper that says what: %v", err)
	}
	_, _ = io.WriteString(k.stdin, keeperDone)
	_ = k.release()
}

// TestKeeperLost: a keeper that ends and cannot be started again is told once.
func TestKeeperLost(t *testing.T) {
	r := newTestRecord(t, t.TempDir(), "mine")
	once := filepath.Join(t.TempDir(), "once")
	told := make(chan string, 10)
	k, err := startKeeper([]string{"/bin/sh", "-c", "read id; mkdir " + once + " 2>/dev/null && echo ready"}, r, func(line string) { told <- line })
	if err != nil {
		t.Fatal(err)
	}
	<-k.ended
	if len(told) != 1 {
		t.Fatalf("told %d times, want once", len(told))
	}
	if line := <-told; !strings.HasPrefix(line, "nothing guards this lab any more: ") {
		t.Errorf("told %q", line)
	}
	_ = k.release()
}
