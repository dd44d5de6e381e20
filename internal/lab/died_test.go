package lab

import (
	"strings"
	"testing"

	"halab/internal/render"
	"halab/internal/scenario"
)

const diedScenario = `apiVersion: halab/v1
name: died
haproxy: {version: "2.6"}
backends:
  - name: bk_app
    servers:
      - {name: nginx1, address: 127.0.0.1:81, nginx: 1.22.1, check: true}
frontends:
  - name: app
    bind: :80
    default_backend: bk_app
`

// dead is the instance of a program that has ended.
type dead struct {
	Instance
	output string
}

func (d dead) Output() string { return d.output }

func TestDiedError(t *testing.T) {
	s, err := scenario.Parse("died.yaml", []byte(diedScenario), nil)
	if err != nil {
		t.Fatal(err)
	}
	files := render.Files{Origins: []string{"", "backends[0]", "backends[0].servers[0]", "frontends[0]"}}
	tests := []struct {
		name, role, output, want string // want is "" where no place is named
	}{
		{"a server", HAProxyRole, "[ALERT] (1) : config : parsing [/tmp/halab-1/haproxy.cfg:3] : unknown keyword", "died.yaml:7:9"},
		{"a frontend", HAProxyRole, "[ALERT] (1) : parsing [/tmp/halab-1/haproxy.cfg:4] : no", "died.yaml:9:5"},
		{"the lab's own line", HAProxyRole, "[ALERT] (1) : parsing [/tmp/halab-1/haproxy.cfg:1] : no", ""},
		{"a line that is not there", HAProxyRole, "[ALERT] (1) : parsing [/tmp/halab-1/haproxy.cfg:99] : no", ""},
		{"no line", HAProxyRole, "[ALERT] (1) : cannot bind socket", ""},
		{"nginx", "bk_app/nginx1", "[emerg] 1#1: [/tmp/halab-1/haproxy.cfg:3]", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := &Lab{Record: &Record{}, Scenario: s, Files: files, instances: map[string]Instance{tt.role: dead{output: tt.output}}}
			text := l.diedError(tt.role).Error()
			if !strings.Contains(text, tt.role) || !strings.Contains(text, tt.output) {
				t.Errorf("%q does not say who died of what", text)
			}
			if got := strings.Contains(text, "which comes from"); got != (tt.want != "") || !strings.Contains(text, tt.want) {
				t.Errorf("%q, want the place %q", text, tt.want)
			}
		})
	}
}
