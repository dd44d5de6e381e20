package software

import (
	"os"
	"path/filepath"
	"strings"

	"halab/internal/haproxy"
)

// imagesDir is where the cache keeps what images said that they are: a file
// for each image and executable.
const imagesDir = "images"

// recalled is the file for an executable of an image; "" where there can be
// none.
func (r *Resolver) recalled(id, path string) string {
	dir, err := r.cacheDir()
	if _, digest, ok := strings.Cut(id, ":"); err == nil && ok {
		return filepath.Join(dir, imagesDir, digest+strings.ReplaceAll("="+path, "/", "="))
	}
	return ""
}

// recall is the version that this image said that it is, the last time.
func (r *Resolver) recall(id, path string) (haproxy.Version, bool) {
	data, err := os.ReadFile(r.recalled(id, path))
	text, whole := strings.CutSuffix(string(data), "\n")
	if err != nil || !whole {
		return haproxy.Version{}, false
	}
	v, err := haproxy.ParseVersion(text)
	return v, err == nil
}

// remember keeps a version for recall. Where that cannot be done the image is
// asked again the next time.
func (r *Resolver) remember(id, path string, v haproxy.Version) {
	file := r.recalled(id, path)
	if file == "" || os.MkdirAll(filepath.Dir(file), 0o755) != nil {
		return
	}
	_ = os.WriteFile(file, []byte(v.String()+"\n"), 0o644)
}
