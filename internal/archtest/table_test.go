package archtest

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// module is halab's module path.
const module = "halab"

// row is one package of ARCHITECTURE.md's table.
type row struct {
	everything bool     // it may import what it likes
	pure       bool     // it does no I/O
	testsOnly  bool     // only tests import it
	imports    []string // packages of ours below the module, and other modules
}

// The words of the table's last column, beside names between backquotes.
const (
	wordEverything = "everything"
	wordNothing    = "nothing"
	wordPure       = "pure"
	wordTestsOnly  = "tests only"
)

var quoted = regexp.MustCompile("^`([^`]+)`$")

// readTable reads the table of packages: the one whose header begins with
// "package" and ends with "may import".
func readTable(page string) (map[string]row, error) {
	table := map[string]row{}
	inside := false
	for i, line := range strings.Split(page, "\n") {
		cells := cellsOf(line)
		switch {
		case len(cells) < 2:
			inside = false
		case cells[0] == "package" && cells[len(cells)-1] == "may import":
			inside = true
		case inside && !strings.HasPrefix(cells[0], "---"):
			name := quoted.FindStringSubmatch(cells[0])
			if name == nil {
				return nil, fmt.Errorf("line %d: %q is no package between backquotes", i+1, cells[0])
			}
			if _, twice := table[name[1]]; twice {
				return nil, fmt.Errorf("line %d: %s is there twice", i+1, name[1])
			}
			r, err := readRow(cells[len(cells)-1])
			if err != nil {
				return nil, fmt.Errorf("line %d: %w", i+1, err)
			}
			table[name[1]] = r
		}
	}
	if len(table) == 0 {
		return nil, errors.New("there is no table of packages")
	}
	return table, nil
}

func cellsOf(line string) []string {
	line, is := strings.CutPrefix(strings.TrimSpace(line), "|")
	if !is {
		return nil
	}
	var cells []string
	for cell := range strings.SplitSeq(strings.TrimSuffix(line, "|"), "|") {
		cells = append(cells, strings.TrimSpace(cell))
	}
	return cells
}

func readRow(cell string) (row, error) {
	var r row
	for word := range strings.SplitSeq(cell, ",") {
		word = strings.TrimSpace(word)
		name := quoted.FindStringSubmatch(word)
		switch {
		case name != nil:
			r.imports = append(r.imports, name[1])
		case word == wordEverything:
			r.everything = true
		case word == wordPure:
			r.pure = true
		case word == wordTestsOnly:
			r.testsOnly = true
		case word != wordNothing:
			return row{}, fmt.Errorf("%q is neither a package between backquotes nor a word of the table", word)
		}
	}
	return r, nil
}

// impure is what a pure package does without.
var impure = []string{
	"crypto/rand", "io/ioutil", "log", "log/slog", "math/rand", "math/rand/v2", "net", "net/http",
	"os", "os/exec", "os/signal", "syscall", "unsafe",
}

// problem says what is wrong with an import, "" when nothing is.
func (r row) problem(path string, table map[string]row) string {
	own, ours := strings.CutPrefix(path, module+"/")
	switch {
	case ours && table[own].testsOnly && !r.testsOnly:
		return "is for tests only"
	case r.everything, r.testsOnly:
		return ""
	case ours && !slices.Contains(r.imports, own):
		return "is not what its row allows"
	case ours:
		return ""
	case standard(path):
		if r.pure && slices.Contains(impure, path) {
			return "is not for a pure package"
		}
		return ""
	case strings.HasPrefix(path, "golang.org/x/") && !r.pure:
		return ""
	case !slices.ContainsFunc(r.imports, func(m string) bool { return path == m || strings.HasPrefix(path, m+"/") }):
		return "is not what its row allows"
	}
	return ""
}

// standard tells the standard library by its first element, which has no dot.
func standard(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return !strings.Contains(first, ".")
}
