package main

import (
	"os"
	"path/filepath"
	"testing"

	"halab/internal/scenario"
)

func TestInFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "my.yaml")
	if err := os.WriteFile(file, []byte("name: my"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		s    scenario.Scenario
		want bool
	}{
		{"a file", scenario.Scenario{File: file, Source: []byte("name: my")}, true},
		{"one that ships", scenario.Scenario{File: "debian-upgrade.yaml", Source: []byte("name: debian-upgrade")}, false},
		{"one that ships, beside a file of its name", scenario.Scenario{File: file, Source: []byte("name: mx")}, false},
		{"standard input", scenario.Scenario{File: "standard input"}, false},
		{"a directory", scenario.Scenario{File: filepath.Dir(file)}, false},
	} {
		if got := inFile(&tt.s); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}
