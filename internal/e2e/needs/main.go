// Command needs owns what the tests need of this machine: it gets the programs
// that they run on, says what is missing for them, and prints the HAProxys as
// HALAB_TEST_HAPROXY takes them (see haproxytest). With CI=true whatever is
// missing is an error.
//
// It never installs anything: what it gets is in halab's cache.
package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"

	"halab/internal/lab/container"
	"halab/internal/software"
)

// versions are what the tests run on; HAProxy's are named by their branch.
var versions = []string{
	"haproxy:2.2", "haproxy:2.6", "haproxy:3.0", "haproxy:3.2",
	"nginx:1.18.0", "nginx:1.22.1", "nginx:1.26.3",
}

// tools are the programs on PATH that tests use.
var tools = []string{"ansible-playbook", "chromium", "hatop", "socat", "tmux"}

func main() {
	missing := 0
	lack := func(what string, err error) {
		fmt.Fprintf(os.Stderr, "NOT TESTED for lack of %s: %v\n", what, err)
		missing++
	}
	for _, tool := range tools {
		if _, err := exec.LookPath(tool); err != nil {
			lack(tool, err)
		}
	}
	if err := container.New().Ping(context.Background()); err != nil {
		lack("a container engine, the container runtime", err)
	}
	resolver := software.New(software.Options{Progress: func(line string) { fmt.Fprintln(os.Stderr, line) }})
	var haproxys []string
	for _, name := range versions {
		program, err := get(resolver, name)
		switch {
		case err != nil:
			lack(name, err)
		case program.Name == software.HAProxy:
			haproxys = append(haproxys, program.Asked.String()+"="+strings.Join(program.Argv, " "))
		}
	}
	fmt.Println(strings.Join(haproxys, ";"))
	if missing > 0 && os.Getenv("CI") == "true" {
		os.Exit(1)
	}
}

func get(r *software.Resolver, name string) (software.Program, error) {
	want, err := software.ParseWant(name)
	if err != nil {
		return software.Program{}, err
	}
	return r.Process(context.Background(), want)
}
