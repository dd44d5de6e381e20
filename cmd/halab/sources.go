package main

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

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

// labAmong takes the lab out of the arguments of logs, wherever it stands. A
// first word that is neither a lab nor a source is the name of no lab.
func (k known) labAmong(args []string) (named, sources []string) {
	at := slices.IndexFunc(args, func(word string) bool { return k.is(labArgument, word) })
	if at < 0 && len(args) > 0 && !k.isSource(args[0]) {
		at = 0
	}
	if at < 0 {
		return nil, args
	}
	return args[at : at+1], slices.Delete(slices.Clone(args), at, at+1)
}

func (k known) isSource(word string) bool {
	return word == lab.HAProxyRole || k.is(serverArgument, word)
}

// logSources are the programs of a lab that are called so. A server's name may
// stand without its backend.
func logSources(rec *lab.Record, words []string) ([]string, error) {
	var out, roles []string
	for _, p := range rec.Software {
		roles = append(roles, p.Role)
	}
	for _, word := range words {
		n := len(out)
		for _, role := range roles {
			if role == word || strings.HasSuffix(role, "/"+word) {
				out = append(out, role)
			}
		}
		if len(out) == n {
			return nil, usagef("lab %s has no %q; its logs are of %s", rec.Name, word, strings.Join(roles, ", "))
		}
	}
	return out, nil
}

// onlyOf shows the lines of these programs; of all where there are none.
func onlyOf(roles []string, show func(logLine) error) func(logLine) error {
	if len(roles) == 0 {
		return show
	}
	return func(l logLine) error {
		if slices.Contains(roles, strings.TrimSuffix(l.Source, accessSource)) {
			return show(l)
		}
		return nil
	}
}

// completeLogs offers labs first, and what has logs anywhere.
func completeLogs(cmd *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
	labs, directive := completeLab(0)(cmd, args, word)
	return append(append(labs, lab.HAProxyRole), knownLabs().servers...), directive
}
