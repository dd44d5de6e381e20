package matrix

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// The axes that have a name of their own. Every other one is the path of a
// value in the scenario.
const (
	HAProxyAxis = "haproxy"
	FromAxis    = "from"
	ToAxis      = "to"
)

// haproxyPath is what HAProxyAxis sets.
const haproxyPath = "haproxy.version"

// Axis is one dimension of a matrix.
type Axis struct {
	Name   string   `json:"name"` // haproxy, from, to, or a path such as traffic.new.rate
	Values []string `json:"values"`
}

// path is where the axis sets its value; "" where that is no single place.
func (a Axis) path() string {
	switch a.Name {
	case HAProxyAxis:
		return haproxyPath
	case FromAxis, ToAxis:
		return ""
	}
	return a.Name
}

// Versions makes the axis of a program's versions. A value may name the
// program too: nginx:1.22.1.
func Versions(name, program string, values []string) (Axis, error) {
	a := Axis{Name: name}
	for _, v := range values {
		if of, version, named := strings.Cut(v, ":"); named {
			if of != program {
				return a, fmt.Errorf("%q: want a version of %s, as in %s:1.2.3 or 1.2.3", v, program, program)
			}
			v = version
		}
		a.Values = append(a.Values, strings.TrimSpace(v))
	}
	return a, a.check()
}

// Set reads an axis as it is written for a value of the scenario: PATH=V1,V2.
// A comma between brackets or braces is part of a value.
func Set(text string) (Axis, error) {
	path, values, ok := strings.Cut(text, "=")
	if path = strings.TrimSpace(path); !ok || !beginsWithLetter(path) {
		return Axis{}, fmt.Errorf("%q: want PATH=VALUE,…, as in traffic.new.rate=50,200", text)
	}
	a := Axis{Name: path, Values: split(values)}
	return a, a.check()
}

// beginsWithLetter tells a key from what is none.
func beginsWithLetter(s string) bool {
	return s != "" && (s[0] >= 'a' && s[0] <= 'z' || s[0] >= 'A' && s[0] <= 'Z')
}

// split cuts at the commas that stand outside of all brackets.
func split(text string) []string {
	var out []string
	depth, begin := 0, 0
	for i, r := range text {
		switch r {
		case '[', '{':
			depth++
		case ']', '}':
			depth--
		case ',':
			if depth == 0 {
				out = append(out, strings.TrimSpace(text[begin:i]))
				begin = i + 1
			}
		}
	}
	return append(out, strings.TrimSpace(text[begin:]))
}

// check refuses an axis that gives no two different cells where it should.
func (a Axis) check() error {
	if len(a.Values) == 0 {
		return fmt.Errorf("axis %s has no value", a.Name)
	}
	for i, v := range a.Values {
		if v == "" {
			return fmt.Errorf("axis %s has an empty value", a.Name)
		}
		if slices.Contains(a.Values[:i], v) {
			return fmt.Errorf("axis %s has %s twice", a.Name, v)
		}
	}
	return nil
}

// MaxCells bounds a matrix.
const MaxCells = 4096

// CheckAxes refuses axes that make no matrix together.
func CheckAxes(axes []Axis) error {
	cells := 1
	paths := map[string]string{}
	for _, a := range axes {
		if err := a.check(); err != nil {
			return err
		}
		key := a.path()
		if key == "" {
			key = a.Name
		}
		if other, twice := paths[key]; twice {
			if other == a.Name {
				return fmt.Errorf("axis %s is there twice: give all its values at once", a.Name)
			}
			return fmt.Errorf("axes %s and %s set the same value", other, a.Name)
		}
		paths[key] = a.Name
		if cells *= len(a.Values); cells > MaxCells {
			return fmt.Errorf("the axes make more than %d cells", MaxCells)
		}
	}
	if len(axes) == 0 {
		return errors.New("there is no axis: a matrix wants at least one of --haproxy, --from, --to and --set")
	}
	return nil
}
