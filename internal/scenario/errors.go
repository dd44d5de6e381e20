package scenario

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// maxErrors is how many mistakes one Parse reports. A file with more of them
// is not a scenario with mistakes but something else.
const maxErrors = 100

// Error is one mistake in a scenario.
type Error struct {
	File string
	// Line and Col count from 1; Col counts characters, not bytes.
	Line, Col int
	// Width is how many characters are wrong, at least 1.
	Width int
	// Source is the line, without its end.
	Source string
	// Msg says what is wrong.
	Msg string
	// Want says what was expected; it may be empty.
	Want string
	// Hint says what was probably meant; it may be empty.
	Hint string
}

// Error returns the mistake on one line.
func (e *Error) Error() string {
	text := fmt.Sprintf("%s:%d:%d: %s", printable(e.File), e.Line, e.Col, e.Msg)
	if e.Hint != "" {
		text += " (" + e.Hint + ")"
	}
	return text
}

// Pretty returns the mistake with its line underlined, what was expected and
// what was probably meant. It ends in a newline.
func (e *Error) Pretty() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s:%d:%d: %s\n", printable(e.File), e.Line, e.Col, e.Msg)
	line, mark := underline(e.Source, e.Col, e.Width)
	if line != "" {
		fmt.Fprintf(&b, "    %s\n    %s\n", line, mark)
	}
	if e.Want != "" {
		fmt.Fprintf(&b, "  expected: %s\n", e.Want)
	}
	if e.Hint != "" {
		fmt.Fprintf(&b, "  hint: %s\n", e.Hint)
	}
	return b.String()
}

// Errors are all mistakes of a scenario, in the order of the file.
type Errors []*Error

// Error returns one line a mistake.
func (es Errors) Error() string {
	lines := make([]string, len(es))
	for i, e := range es {
		lines[i] = e.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap lets errors.As find the single mistakes.
func (es Errors) Unwrap() []error {
	out := make([]error, len(es))
	for i, e := range es {
		out[i] = e
	}
	return out
}

// Pretty returns every mistake as Error.Pretty does, with an empty line
// between two.
func (es Errors) Pretty() string {
	parts := make([]string, len(es))
	for i, e := range es {
		parts[i] = e.Pretty()
	}
	return strings.Join(parts, "\n")
}

// WriteTo writes Pretty to w.
func (es Errors) WriteTo(w io.Writer) (int64, error) {
	n, err := io.WriteString(w, es.Pretty())
	return int64(n), err
}

// sorted returns es in the order of the file.
func (es Errors) sorted() Errors {
	slices.SortStableFunc(es, func(a, b *Error) int {
		if a.Line != b.Line {
			return a.Line - b.Line
		}
		return a.Col - b.Col
	})
	return es
}

// Mistake is a mistake at a place of a scenario that Parse took: what only
// those who know its steps can see. The rest of the line is what is wrong.
func (s *Scenario) Mistake(pos Pos, msg, want string) *Error {
	lines := strings.Split(string(s.Source), "\n")
	line := ""
	if pos.Line >= 1 && pos.Line <= len(lines) {
		line = strings.TrimRight(lines[pos.Line-1], "\r")
	}
	width := max(1, utf8.RuneCountInString(line)-pos.Col+1)
	return &Error{File: s.File, Line: pos.Line, Col: pos.Col, Width: width, Source: line, Msg: msg, Want: want}
}
