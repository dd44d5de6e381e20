package archtest

import (
	"encoding/json"
	"errors"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// root is the repository's, seen from this package's directory.
const root = "../.."

// listed is a package as go list tells it.
type listed struct {
	ImportPath, Dir, Name string
	GoFiles, Imports      []string
	TestGoFiles           []string
}

// name is the package's in the table.
func (p listed) name() string { return strings.TrimPrefix(p.ImportPath, module+"/") }

// list lists the packages as they are built for a system.
func list(t *testing.T, goos string) []listed {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Dir,Name,GoFiles,Imports,TestGoFiles", "./...")
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "GOOS="+goos, "CGO_ENABLED=0")
	out, err := cmd.Output()
	if err != nil {
		exit, _ := errors.AsType[*exec.ExitError](err)
		t.Fatalf("go list: %v\n%s", err, exit.Stderr)
	}
	var packages []listed
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		err := dec.Decode(&p)
		if errors.Is(err, io.EOF) {
			return packages
		}
		if err != nil {
			t.Fatal(err)
		}
		packages = append(packages, p)
	}
}

func table(t *testing.T) map[string]row {
	t.Helper()
	page, err := os.ReadFile(filepath.Join(root, "ARCHITECTURE.md"))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := readTable(string(page))
	if err != nil {
		t.Fatalf("ARCHITECTURE.md: %v", err)
	}
	return rows
}

// systems are those that halab is built for.
var systems = []string{"darwin", "linux"}

func TestImportsAreThoseOfTheTable(t *testing.T) {
	rows := table(t)
	for _, goos := range systems {
		t.Run(goos, func(t *testing.T) {
			for _, p := range list(t, goos) {
				r, ok := rows[p.name()]
				if !ok {
					t.Errorf("%s is not in ARCHITECTURE.md's table", p.name())
				}
				for _, path := range p.Imports {
					if problem := r.problem(path, rows); ok && problem != "" {
						t.Errorf("%s imports %s, which %s", p.name(), path, problem)
					}
				}
			}
		})
	}
}

// What the table allows and nobody does is no longer the architecture.
func TestTableSaysNoMoreThanIsTrue(t *testing.T) {
	used := map[string][]string{}
	for _, goos := range systems {
		for _, p := range list(t, goos) {
			used[p.name()] = append(used[p.name()], p.Imports...)
		}
	}
	rows := table(t)
	for _, name := range slices.Sorted(maps.Keys(rows)) {
		imports, ok := used[name]
		if !ok {
			t.Errorf("ARCHITECTURE.md has a row for %s, which is no package", name)
		}
		for _, allowed := range rows[name].imports {
			if ok && !slices.ContainsFunc(imports, func(path string) bool {
				own := strings.TrimPrefix(path, module+"/")
				return own == allowed || strings.HasPrefix(own, allowed+"/") && strings.Contains(allowed, ".")
			}) {
				t.Errorf("ARCHITECTURE.md lets %s import %s, which it does not", name, allowed)
			}
		}
	}
}

func TestReadTable(t *testing.T) {
	const head = "| package | owns | may import |\n|---|---|---|\n"
	for name, c := range map[string]struct{ page, want string }{
		"no table":      {"# Architecture\n\n| a | b |\n|---|---|\n", "no table"},
		"not quoted":    {head + "| a | | nothing |\n", `"a" is no package`},
		"twice":         {head + "| `a` | | nothing |\n| `a` | | pure |\n", "a is there twice"},
		"unknown word":  {head + "| `a` | | whatever |\n", `"whatever" is neither`},
		"another table": {head + "| `a` | | nothing |\n\n| b | c |\n|---|---|\n| d | e |\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := readTable(c.page)
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
}

func TestProblems(t *testing.T) {
	rows, err := readTable("| package | may import |\n|---|---|\n" +
		"| `a` | pure |\n| `b` | `a`, `example.com/m` |\n| `c` | everything |\n| `d` | tests only |\n| `e` | nothing |\n")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		from, path string
		allowed    bool
	}{
		{"a", "strings", true}, {"a", "os", false}, {"a", "golang.org/x/sys/unix", false}, {"a", "halab/b", false},
		{"b", "halab/a", true}, {"b", "os", true}, {"b", "golang.org/x/sys/unix", true}, {"b", "halab/d", false},
		{"b", "example.com/m/sub", true}, {"b", "example.com/more", false},
		{"c", "halab/b", true}, {"c", "example.com/x", true}, {"c", "halab/d", false},
		{"d", "halab/d", true}, {"d", "halab/c", true},
		{"e", "halab/a", false}, {"e", "example.com/m", false},
	} {
		if problem := rows[c.from].problem(c.path, rows); (problem == "") != c.allowed {
			t.Errorf("%s imports %s: problem %q, allowed %v", c.from, c.path, problem, c.allowed)
		}
	}
}
