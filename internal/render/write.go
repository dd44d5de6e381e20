package render

import (
	"fmt"
	"os"
	"path/filepath"
)

// Write writes the configurations into dir, which exists: haproxy.cfg, and
// for each server FileName with .conf.
func (f Files) Write(dir string) error {
	if err := write(dir, "haproxy.cfg", f.HAProxy); err != nil {
		return err
	}
	for ref, conf := range f.Nginx {
		if err := write(dir, FileName(ref)+".conf", conf); err != nil {
			return err
		}
	}
	return nil
}

// WritePages writes what the servers serve into dir: for each server a
// directory FileName with .www, which its nginx.conf names as root. The long
// response is the same file in all of them.
func (f Files) WritePages(dir string) error {
	download := ""
	for ref, page := range f.Pages {
		root := filepath.Join(dir, FileName(ref)+".www")
		if err := os.Mkdir(root, 0o755); err != nil {
			return fmt.Errorf("write the pages: %w", err)
		}
		if err := write(root, "page", page); err != nil {
			return err
		}
		if f.Browser != nil {
			if err := write(root, "browser", f.Browser); err != nil {
				return err
			}
		}
		if f.Download == 0 {
			continue
		}
		same := download
		download = filepath.Join(root, "download")
		if err := placeDownload(download, same, f.Download); err != nil {
			return err
		}
	}
	return nil
}

// placeDownload makes path the long response: that of another server, where
// there is one.
func placeDownload(path, same string, size int64) error {
	if same == "" {
		return patternFile(path, size)
	}
	if err := os.Link(same, path); err != nil {
		return fmt.Errorf("write the download: %w", err)
	}
	return nil
}

func write(dir, name string, data []byte) error {
	if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}
