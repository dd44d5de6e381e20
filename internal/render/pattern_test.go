package render_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"halab/internal/haproxy"
	"halab/internal/render"
)

func TestPattern(t *testing.T) {
	whole := make([]byte, 100)
	render.Pattern(0, whole)
	if want := "000000000000000\n000000000000010\n000000000000020\n"; !strings.HasPrefix(string(whole), want) {
		t.Errorf("%q", whole)
	}
	for from := range whole {
		for to := from; to <= len(whole); to++ {
			part := make([]byte, to-from)
			render.Pattern(int64(from), part)
			if !bytes.Equal(part, whole[from:to]) {
				t.Fatalf("%d to %d: %q, want %q", from, to, part, whole[from:to])
			}
		}
	}
	far := make([]byte, 16)
	render.Pattern(1<<40, far)
	if string(far) != "000010000000000\n" {
		t.Errorf("%q", far)
	}
}

func TestDownloadIsWritten(t *testing.T) {
	dir := t.TempDir()
	files := render.Files{Pages: map[haproxy.ServerRef][]byte{}, Download: 70_001}
	for _, name := range []string{"one", "other", "third"} {
		files.Pages[haproxy.ServerRef{Backend: "bk", Server: name}] = []byte("page")
	}
	if err := files.WritePages(dir); err != nil {
		t.Fatal(err)
	}
	want := make([]byte, 70_001)
	render.Pattern(0, want)
	for ref := range files.Pages {
		got, err := os.ReadFile(filepath.Join(dir, render.FileName(ref)+".www", "download"))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s: %d bytes, or wrong ones", ref, len(got))
		}
	}
}
