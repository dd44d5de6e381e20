package scenario

import (
	"bytes"
	"errors"
	"io"
	"reflect"
	"strings"

	"gopkg.in/yaml.v3"
)

// Parse reads a scenario and checks it. kinds are the kinds of step that it
// may use; file is for messages alone. The error is Errors, with every mistake
// that was found; the scenario is nil then.
func Parse(file string, data []byte, kinds []StepKind) (*Scenario, error) {
	src := newSource(file, data)
	root := src.tree(data)
	if root == nil {
		return nil, src.errs.sorted()
	}
	d := &decoder{
		source: src, kinds: kinds,
		nodes: map[any]*yaml.Node{}, paths: map[string]*yaml.Node{}, bad: map[any]bool{},
	}
	s := &Scenario{File: file, Source: data}
	d.value(spot{node: root, rules: rules{name: "the scenario"}}, reflect.ValueOf(s).Elem())
	validate(d, s)
	if len(d.errs) > 0 {
		return nil, d.errs.sorted()
	}
	s.places = make(map[string]Pos, len(d.paths))
	for path, n := range d.paths {
		s.places[path] = Pos{n.Line, n.Column}
	}
	return s, nil
}

// PosOf returns where the value of a path like backends[0].servers[1] stands
// in the file, and whether the path is known.
func (s *Scenario) PosOf(path string) (Pos, bool) {
	p, ok := s.places[path]
	return p, ok
}

// Mistake is a mistake in the value of that path, for whoever knows more of a
// scenario than Parse does.
func (s *Scenario) Mistake(path string, width int, msg, want string) *Error {
	e := &Error{File: s.File, Line: 1, Col: 1, Width: max(1, width), Msg: msg, Want: want}
	if p, ok := s.PosOf(path); ok {
		e.Line, e.Col = p.Line, p.Col
	}
	if lines := strings.Split(string(s.Source), "\n"); e.Line <= len(lines) {
		e.Source = strings.TrimSuffix(lines[e.Line-1], "\r")
	}
	return e
}

// tree returns the one document of the file as nodes, or nil when the file is
// refused as a whole.
func (s *source) tree(data []byte) *yaml.Node {
	if !s.limits(data) {
		return nil
	}
	var doc, second yaml.Node
	dec := yaml.NewDecoder(bytes.NewReader(data))
	if err := dec.Decode(&doc); errors.Is(err, io.EOF) {
		s.add(Error{Msg: "the file is empty", Want: "a scenario, that begins with apiVersion: " + APIVersion})
		return nil
	} else if err != nil {
		s.syntax(err)
		return nil
	}
	if err := dec.Decode(&second); err == nil {
		s.add(Error{Line: second.Line, Col: second.Column, Width: 3, Msg: "a second document", Want: "one scenario a file"})
	} else if !errors.Is(err, io.EOF) {
		s.syntax(err)
	}
	root := doc.Content[0]
	if isNull(root) {
		s.add(Error{Line: root.Line, Msg: "the file is empty", Want: "a scenario, that begins with apiVersion: " + APIVersion})
		return nil
	}
	s.plain(root)
	return root
}
