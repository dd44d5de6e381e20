package history_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"halab/internal/history"
)

func TestCompressedReadsTheSame(t *testing.T) {
	path := filepath.Join(t.TempDir(), "history.jsonl")
	text := strings.Repeat(`{"k":"note","at_us":1,"text":"x"}`+"\n", 1000)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := history.Compress(path, int64(len(text))); err != nil || got != path {
		t.Fatalf("at the limit: %q, %v; want the plain file left alone", got, err)
	}
	name, err := history.Compress(path, int64(len(text))-1)
	if err != nil || name != path+".zst" {
		t.Fatalf("above the limit: %q, %v", name, err)
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the plain file is still there: %v", err)
	}
	for _, as := range []string{path, name} {
		if got := read(t, as); got != text {
			t.Errorf("%s reads %d bytes, want the %d written", filepath.Base(as), len(got), len(text))
		}
	}
}

func TestOpenPlain(t *testing.T) {
	for _, text := range []string{"", "{", "{}\n"} {
		path := filepath.Join(t.TempDir(), "h")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := read(t, path); got != text {
			t.Errorf("read %q, want %q", got, text)
		}
	}
	if _, err := history.Open(filepath.Join(t.TempDir(), "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: %v, want fs.ErrNotExist", err)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	f, err := history.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	got, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	return string(got)
}

// A compressed history that was cut is one that was cut, wherever it was.
func TestCompressedAndCut(t *testing.T) {
	path := filepath.Join(t.TempDir(), "history.jsonl")
	var text strings.Builder
	for i := range 5000 {
		fmt.Fprintf(&text, `{"k":"note","at_us":%d,"text":"%x"}`+"\n", i, sha256.Sum256([]byte{byte(i), byte(i >> 8)}))
	}
	if err := os.WriteFile(path, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	name, err := history.Compress(path, 0)
	if err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for _, size := range []int{5, 20, 1000, len(whole) / 2, len(whole) - 1} {
		if err := os.WriteFile(name, whole[:size], 0o600); err != nil {
			t.Fatal(err)
		}
		if err := last(t, name); !errors.Is(err, history.ErrCut) {
			t.Errorf("%d of %d bytes: %v, want ErrCut", size, len(whole), err)
		}
	}
}

// last is the error that ends the reading of a history.
func last(t *testing.T, path string) error {
	t.Helper()
	f, err := history.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for r := history.NewReader(f); ; {
		if _, err := r.Next(); err != nil {
			return err
		}
	}
}
