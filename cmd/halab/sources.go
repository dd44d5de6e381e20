package main

import (
	"path/filepath"
	"strings"

	"halab/internal/haproxy"
	"halab/internal/lab"
	"halab/internal/lab/process"
	"halab/internal/render"
)

// sourceNames tells what the lines of a file of the lab's directory begin
// with: the role, as containers are named, and what else the file is for.
func sourceNames(rec *lab.Record) func(file string) string {
	names := map[string]string{}
	for _, p := range rec.Software {
		names[filepath.Base(process.OutputFile(rec.Dir, p.Role))] = p.Role
		if ref, err := haproxy.ParseServerRef(p.Role); err == nil {
			names[render.FileName(ref)+".access.log"] = p.Role + accessSource
		}
	}
	return func(file string) string {
		if name, ok := names[file]; ok {
			return name
		}
		return strings.TrimSuffix(strings.TrimSuffix(file, ".log"), ".out")
	}
}
