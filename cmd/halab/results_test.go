package main

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"halab/internal/scenario"
)

func TestMakeResults(t *testing.T) {
	t.Chdir(t.TempDir())
	s := &scenario.Scenario{Name: "x"}
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, tt := range []struct {
		out     string
		several bool
		want    string
	}{
		{"", false, "halab-results/x-20260102-030405"},
		{"", true, "halab-results/x-20260102-030405-2"},
		{"a/b/c", false, "a/b/c"},
		{"a/b/c", false, "a/b/c"},
		{"d", true, "d/x"},
		{"d", true, "d/x-2"},
	} {
		r, err := makeResults(tt.out, s, tt.several, now)
		if err != nil || r.dir != tt.want {
			t.Fatalf("%q, several %t: %v, %v; want %s", tt.out, tt.several, r, err, tt.want)
		}
		if info, err := os.Stat(r.dir); err != nil || !info.IsDir() {
			t.Errorf("%s: %v", r.dir, err)
		}
	}
}

// TestDiscard removes what a run that never began has made, and no more.
func TestDiscard(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.Mkdir("mine", 0o755); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		out, file, text string
		kept            string
	}{
		{"new/deep", "history.jsonl", "", "."},
		{"mine", "history.jsonl", "", "mine"},
		{"log", "haproxy.log", "it said why", "log/haproxy.log"},
	} {
		r, err := makeResults(tt.out, &scenario.Scenario{Name: "x"}, false, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(r.dir, tt.file), []byte(tt.text), 0o600); err != nil {
			t.Fatal(err)
		}
		r.discard()
		if _, err := os.Stat(tt.kept); err != nil {
			t.Errorf("%s: %v", tt.out, err)
		}
	}
	if _, err := os.Stat("new"); err == nil {
		t.Error("new is still there")
	}
	if entries, _ := os.ReadDir("mine"); len(entries) > 0 {
		t.Errorf("mine holds %v", entries)
	}
}

func TestOutError(t *testing.T) {
	for err, want := range map[error]int{syscall.EACCES: codeUsage, syscall.ENOSPC: codeLab, syscall.EROFS: codeUsage} {
		if got := exitCode(outError("x", &os.PathError{Op: "mkdir", Path: "x", Err: err})); got != want {
			t.Errorf("%v: %d, want %d", err, got, want)
		}
	}
	if err := checkOut(t.TempDir()); err != nil {
		t.Errorf("an empty directory: %v", err)
	}
	if err := checkOut("results_test.go"); !errors.As(err, new(*usageError)) {
		t.Errorf("a file: %v", err)
	}
}
