package scenario

import (
	"slices"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// source is a file's text by lines, and the mistakes found in it.
type source struct {
	file  string
	lines []string
	errs  Errors
}

func newSource(file string, data []byte) *source {
	text := strings.TrimPrefix(string(data), "\uFEFF")
	lines := strings.Split(text, "\n")
	for i := range lines {
		lines[i] = strings.TrimSuffix(lines[i], "\r")
	}
	return &source{file: file, lines: lines}
}

// full says that no further mistake will be kept, so looking is a waste.
func (s *source) full() bool { return len(s.errs) >= maxErrors }

// add keeps one mistake, and not again what was said already: of a template
// every server says the same. A line of 0 stands for the first.
func (s *source) add(e Error) {
	if s.full() {
		return
	}
	e.File = s.file
	e.Line = min(max(e.Line, 1), len(s.lines))
	e.Col = max(e.Col, 1)
	e.Width = max(e.Width, 1)
	e.Source = s.lines[e.Line-1]
	if !slices.ContainsFunc(s.errs, func(said *Error) bool { return *said == e }) {
		s.errs = append(s.errs, &e)
	}
}

// line returns line n without its indentation and where that ends.
func (s *source) line(n int) (text string, col int) {
	n = min(max(n, 1), len(s.lines))
	trimmed := strings.TrimLeft(s.lines[n-1], " \t")
	return strings.TrimRight(trimmed, " \t"), len(s.lines[n-1]) - len(trimmed) + 1
}

// widthOf is how many characters of its first line n takes.
func (s *source) widthOf(n *yaml.Node) int {
	switch {
	case n.Kind == yaml.AliasNode:
		return utf8.RuneCountInString(n.Value) + 1
	case n.Kind != yaml.ScalarNode && n.Style&yaml.FlowStyle == 0 && len(n.Content) > 0:
		return s.widthOf(n.Content[0])
	case n.Kind != yaml.ScalarNode:
		return 1
	}
	rest := s.from(n.Line, n.Column)
	if n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0 {
		return quotedWidth(rest)
	}
	if n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
		return 1
	}
	value, _, _ := strings.Cut(n.Value, "\n")
	return min(utf8.RuneCountInString(value), len(rest))
}

// from returns the characters of a line from a column on.
func (s *source) from(line, col int) []rune {
	if line < 1 || line > len(s.lines) {
		return nil
	}
	runes := []rune(s.lines[line-1])
	return runes[min(max(col-1, 0), len(runes)):]
}

// quotedWidth is the width of the quoted scalar that rest begins with, both
// quotes counted; all of rest where it ends on another line.
func quotedWidth(rest []rune) int {
	if len(rest) == 0 {
		return 1
	}
	for i := 1; i < len(rest); i++ {
		switch {
		case rest[0] == '"' && rest[i] == '\\':
			i++
		case rest[i] == rest[0] && rest[0] == '\'' && i+1 < len(rest) && rest[i+1] == '\'':
			i++
		case rest[i] == rest[0]:
			return i + 1
		}
	}
	return len(rest)
}

// at makes a mistake that points at n.
func (s *source) at(n *yaml.Node, msg, want, hint string) {
	s.add(Error{Line: n.Line, Col: n.Column, Width: s.widthOf(n), Msg: msg, Want: want, Hint: hint})
}
