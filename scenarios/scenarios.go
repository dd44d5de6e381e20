// Package scenarios owns the scenarios that ship, as embedded files. It never
// parses them.
package scenarios

import (
	"embed"
	"io/fs"
	"slices"
	"strings"
)

//go:embed *.yaml
var files embed.FS

// Names lists the scenarios that ship, sorted.
func Names() []string {
	entries, err := fs.ReadDir(files, ".")
	if err != nil {
		panic(err) // the embedded directory is always there
	}
	var names []string
	for _, e := range entries {
		names = append(names, strings.TrimSuffix(e.Name(), ".yaml"))
	}
	slices.Sort(names)
	return names
}

// Read returns the text of a scenario that ships. Its error is
// fs.ErrNotExist for another name.
func Read(name string) ([]byte, error) { return files.ReadFile(name + ".yaml") }
