// Package haproxytest owns how tests find and start real HAProxys.
//
// It never pretends to be one: where a HAProxy cannot be had a test is skipped
// or, with CI=true, fails.
package haproxytest

import (
	"context"
	"os"
	"testing"

	"halab/internal/haproxy"
	"halab/internal/software"
)

// versions are those that tests run with: every HAProxy that Debian has.
func versions() []string { return []string{"2.2", "2.6", "3.0", "3.2"} }

// HAProxy is one HAProxy to test with.
type HAProxy struct {
	Name string   // of the subtest
	Argv []string // the program and what comes before its own flags
}

// Each runs a test once with every HAProxy, as subtests side by side.
func Each(t *testing.T, test func(t *testing.T, h HAProxy)) {
	t.Helper()
	for _, h := range All(t) {
		t.Run(h.Name, func(t *testing.T) {
			t.Parallel()
			test(t, h)
		})
	}
}

// All finds every HAProxy: on PATH, in the cache of package software, or as
// Debian's package.
func All(t *testing.T) []HAProxy {
	t.Helper()
	resolver := software.New(software.Options{Progress: func(line string) { t.Log(line) }})
	var found []HAProxy
	for _, text := range versions() {
		version, err := haproxy.ParseVersion(text)
		if err != nil {
			t.Fatal(err)
		}
		p, err := resolver.Process(context.Background(), software.Want{Name: software.HAProxy, Version: version})
		switch {
		case err == nil:
			found = append(found, HAProxy{Name: p.Got.String(), Argv: p.Argv})
		case os.Getenv("CI") == "true":
			t.Fatalf("haproxy %s cannot be had, and CI=true: %v", text, err)
		default:
			t.Logf("HAPROXY %s CANNOT BE HAD, nothing is tested with it: %v", text, err)
		}
	}
	if len(found) == 0 {
		t.Skip("NO HAPROXY CAN BE HAD: nothing is tested")
	}
	return found
}
