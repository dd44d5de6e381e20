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
// directory FileName with .www, which its nginx.conf names as root.
func (f Files) WritePages(dir string) error {
	for ref, page := range f.Pages {
		root := filepath.Join(dir, FileName(ref)+".www")
		if err := os.Mkdir(root, 0o755); err != nil {
			return fmt.Errorf("write the pages: %w", err)
		}
		if err := write(root, "page", page); err != nil {
			return err
		}
		if f.Download > 0 {
			if err := patternFile(filepath.Join(root, "download"), f.Download); err != nil {
				return err
			}
		}
	}
	return nil
}

func write(dir, name string, data []byte) error {
	if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}
