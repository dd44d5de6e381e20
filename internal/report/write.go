package report

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"halab/internal/history"
	"halab/internal/verify"
)

// The files that Write writes.
const (
	JSONFile     = "report.json"
	JUnitFile    = "junit.xml"
	MarkdownFile = "summary.md"
	HTMLFile     = "report.html"
)

// configuration are the names, as patterns, of the files beside the history
// that the HTML report shows, in their order.
var configuration = [...]string{"haproxy.cfg", "nginx-*.conf"}

// Write writes every report into dir, each in one piece: whoever finds a file
// there finds a whole one. It reads the history at historyPath once more for
// the HTML page, and shows the configuration files that lie beside it.
func Write(dir string, v *verify.Verdict, historyPath string) error {
	reports := []struct {
		name  string
		write func(io.Writer) error
	}{
		{JSONFile, func(w io.Writer) error { return JSON(w, v) }},
		{JUnitFile, func(w io.Writer) error { return JUnit(w, v) }},
		{MarkdownFile, func(w io.Writer) error { return Markdown(w, v) }},
		{HTMLFile, func(w io.Writer) error { return writePage(w, v, historyPath) }},
	}
	for _, r := range reports {
		if err := replace(filepath.Join(dir, r.name), r.write); err != nil {
			return fmt.Errorf("write %s: %w", r.name, err)
		}
	}
	return nil
}

func writePage(w io.Writer, v *verify.Verdict, historyPath string) error {
	f, err := history.Open(historyPath)
	if err != nil {
		return err
	}
	defer f.Close()
	files, err := configurations(filepath.Dir(historyPath))
	if err != nil {
		return err
	}
	return HTML(w, v, history.NewReader(f), files...)
}

// configurations reads the configuration files of a directory; it may have
// none.
func configurations(dir string) ([]File, error) {
	var files []File
	for _, pattern := range configuration {
		names, err := fs.Glob(os.DirFS(dir), pattern)
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			text, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				return nil, err
			}
			files = append(files, File{name, string(text)})
		}
	}
	return files, nil
}

// replace writes a file beside path and then moves it there.
func replace(path string, write func(io.Writer) error) (err error) {
	var buf bytes.Buffer
	if err := write(&buf); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	_, err = f.Write(buf.Bytes())
	err = errors.Join(err, f.Chmod(0o644), f.Close())
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
