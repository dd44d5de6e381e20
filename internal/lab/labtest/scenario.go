package labtest

import (
	"strings"
	"testing"

	"halab/internal/haproxy"
	"halab/internal/lab"
	"halab/internal/scenario"
	"halab/internal/software"
)

// text is the walkthrough's setup with versions that Debian has. The checks
// are closer together than HAProxy's own 2 s, so that a server which comes
// back is seen soon.
const text = `apiVersion: halab/v1
name: conformance
haproxy:
  version: "2.6"
backends:
  - name: bk_app
    servers:
      - {name: nginx1, address: 127.0.0.1:81, nginx: 1.22.1, check: true, backup: true, inter: 200ms}
      - {name: nginx2, address: 127.0.0.1:82, nginx: 1.18.0, check: true, inter: 200ms}
frontends:
  - name: app
    bind: :80
    default_backend: bk_app
`

// The servers of the scenario: active serves while it is up.
var (
	active = haproxy.ServerRef{Backend: "bk_app", Server: "nginx2"}
	backup = haproxy.ServerRef{Backend: "bk_app", Server: "nginx1"}
)

// What their nginx says in its Server header.
const (
	activeHeader = "nginx/1.18.0"
	backupHeader = "nginx/1.22.1"
)

// nextHAProxy is the role of the HAProxy that another one is upgraded to; no
// lab begins with it.
const nextHAProxy = "next haproxy"

// Wants are the programs of the suite's scenario, by role.
func Wants() map[string]string {
	return map[string]string{
		lab.HAProxyRole: "haproxy:2.6",
		nextHAProxy:     "haproxy:3.0",
		active.String(): "nginx:1.18.0",
		backup.String(): "nginx:1.22.1",
	}
}

// Programs gets them through get, which is a method of software.Resolver.
func Programs(get func(software.Want) (software.Program, error)) (lab.Programs, error) {
	programs := lab.Programs{}
	for role, text := range Wants() {
		want, err := software.ParseWant(text)
		if err != nil {
			return nil, err
		}
		if programs[role], err = get(want); err != nil {
			return nil, err
		}
	}
	return programs, nil
}

// Scenario is the suite's scenario.
func Scenario(t *testing.T) *scenario.Scenario {
	t.Helper()
	return parse(t)
}

// parse reads the suite's scenario with replacements, old and new in turn.
func parse(t *testing.T, replace ...string) *scenario.Scenario {
	t.Helper()
	s, err := parseText(replace...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func parseText(replace ...string) (*scenario.Scenario, error) {
	return scenario.Parse("conformance.yaml", []byte(strings.NewReplacer(replace...).Replace(text)), nil)
}
