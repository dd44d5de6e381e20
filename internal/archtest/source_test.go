package archtest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// forbidden are the calls that belong to a command.
var forbidden = []string{
	"fmt.Print", "fmt.Printf", "fmt.Println", "log.Fatal", "log.Fatalf", "log.Fatalln",
	"log.Print", "log.Printf", "log.Println", "os.Exit", "print", "println",
}

// mistakes names what a file of a package must not have.
func mistakes(f *ast.File) []string {
	var found []string
	for _, d := range f.Decls {
		if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
			found = append(found, "has an init()")
		}
	}
	if f.Name.Name == "main" {
		return found
	}
	ast.Inspect(f, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok && slices.Contains(forbidden, callee(call)) {
			found = append(found, "calls "+callee(call))
		}
		return true
	})
	return found
}

// callee is the name of a called function, with the name before its dot.
func callee(call *ast.CallExpr) string {
	switch fn := call.Fun.(type) {
	case *ast.Ident:
		return fn.Name
	case *ast.SelectorExpr:
		if x, ok := fn.X.(*ast.Ident); ok {
			return x.Name + "." + fn.Sel.Name
		}
	}
	return ""
}

// Packages for tests are commands at times, so they may print.
func TestNoInitAndNobodyPrints(t *testing.T) {
	rows := table(t)
	for _, goos := range systems {
		for _, p := range list(t, goos) {
			if rows[p.name()].testsOnly {
				continue
			}
			for _, name := range p.GoFiles {
				for _, m := range mistakes(parse(t, filepath.Join(p.Dir, name), nil)) {
					t.Errorf("%s/%s %s", p.name(), name, m)
				}
			}
		}
	}
}

// A package comment says what the package or command owns, or is, and what it
// never does.
func TestPackageComments(t *testing.T) {
	for _, p := range list(t, "linux") {
		var comment string
		for _, name := range p.GoFiles {
			comment += parse(t, filepath.Join(p.Dir, name), nil).Doc.Text()
		}
		subject := "Package " + p.Name
		if p.Name == "main" {
			subject = "Command " + path.Base(p.ImportPath)
		}
		switch {
		case !strings.HasPrefix(comment, subject+" owns ") && !strings.HasPrefix(comment, subject+" is "):
			t.Errorf("%s: its comment does not say what it owns or is: %q", p.name(), comment)
		case !strings.Contains(comment, "never"):
			t.Errorf("%s: its comment does not say what it never does", p.name())
		}
	}
}

func TestMistakes(t *testing.T) {
	for src, want := range map[string]string{
		"package a\nfunc init() {}":                          "has an init()",
		"package main\nfunc init() {}":                       "has an init()",
		"package a\nfunc f() { os.Exit(1) }":                 "calls os.Exit",
		"package a\nfunc f() { defer fmt.Println(1) }":       "calls fmt.Println",
		"package a\nfunc f() { println(1) }":                 "calls println",
		"package main\nfunc f() { os.Exit(1) }":              "",
		"package a\ntype t int\nfunc (t) init() {}":          "",
		"package a\nfunc f() { fmt.Fprintln(w, `os.Exit`) }": "",
	} {
		got := strings.Join(mistakes(parse(t, "a.go", src)), ", ")
		if got != want {
			t.Errorf("%q: %q, want %q", src, got, want)
		}
	}
}

func parse(t *testing.T, name string, src any) *ast.File {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), name, src, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	return f
}
