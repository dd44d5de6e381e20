package scenario

import (
	"fmt"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

var (
	yamlLine   = regexp.MustCompile(`^line (\d+): `)
	yamlAnchor = regexp.MustCompile(`unknown anchor '(.*)' referenced`)
)

// syntax turns an error of the YAML parser, which knows a line at best, into
// one that points and helps.
func (s *source) syntax(err error) {
	msg := strings.TrimPrefix(err.Error(), "yaml: ")
	if m := yamlAnchor.FindStringSubmatch(msg); m != nil {
		s.anchor(m[1])
		return
	}
	line := 1
	if m := yamlLine.FindStringSubmatch(msg); m != nil {
		line, _ = strconv.Atoi(m[1])
		msg = strings.TrimPrefix(msg, m[0])
	}
	if len(s.lines) <= maxSearch {
		line = s.firstBad(msg)
	}
	text, col := s.line(line)
	want, hint := syntaxHelp(msg, text)
	s.add(Error{Line: line, Col: col, Width: utf8.RuneCountInString(text), Msg: "not YAML: " + printable(msg), Want: want, Hint: hint})
}

// maxSearch is how many lines a text may have for firstBad, which reads it
// about as often as that has binary digits.
const maxSearch = 2000

// firstBad returns the first line after which the YAML parser refuses the text
// with msg. The parser's own line is that of the mapping around the mistake,
// or one too few.
func (s *source) firstBad(msg string) int {
	bad := func(lines int) bool {
		dec := yaml.NewDecoder(strings.NewReader(strings.Join(s.lines[:lines], "\n") + "\n"))
		for {
			var n yaml.Node
			if err := dec.Decode(&n); err != nil {
				return strings.HasSuffix(err.Error(), msg)
			}
		}
	}
	return min(sort.Search(len(s.lines), func(i int) bool { return bad(i + 1) })+1, len(s.lines))
}

// anchor points at *name, which YAML takes for an alias: mostly a bind.
func (s *source) anchor(name string) {
	hint := ""
	if strings.HasPrefix(name, ":") {
		hint = fmt.Sprintf("a word that begins with * needs quotes: \"*%s\"", printable(name))
	}
	e := Error{Line: 1, Msg: "aliases are not part of this format: *" + printable(name), Want: "the value itself", Hint: hint}
	for i, text := range s.lines {
		if at := strings.Index(text, "*"+name); at >= 0 {
			e.Line, e.Col, e.Width = i+1, utf8.RuneCountInString(text[:at])+1, utf8.RuneCountInString(name)+1
			break
		}
	}
	s.add(e)
}

// syntaxHelp says what the parser would have wanted, by its message.
func syntaxHelp(msg, line string) (want, hint string) {
	_, value, _ := strings.Cut(line, ": ")
	switch {
	case strings.HasPrefix(value, "*"):
		return "quotes round a word that begins with *", strconv.Quote(value)
	case strings.Contains(msg, "mapping values are not allowed"):
		return "key: value, and the keys of one mapping below each other", "text with \": \" in it needs quotes"
	case strings.Contains(msg, "cannot start any token"):
		return "a word that begins with a letter, a digit or a quote", "quote the value; indent with spaces, never with tabs"
	case strings.HasPrefix(value, "[") && (strings.Contains(value, "]:") || strings.Contains(value, "::")):
		return "quotes round an address that begins with [", strconv.Quote(value)
	case strings.Contains(msg, "could not find expected ':'"):
		return "key: value", "is there a \":\" and a space after the key?"
	case strings.Contains(msg, "did not find expected key"), strings.Contains(msg, "'-' indicator"):
		return "lines of one mapping or list that begin in the same column", "look at the indentation of this line and the one before"
	case strings.Contains(msg, "unexpected end of stream"):
		return "a closing quote", ""
	case strings.Contains(msg, "',' or"):
		return "a closing bracket, or a comma before the next value", ""
	}
	return "", ""
}

// plain refuses what YAML can do and a scenario does not need: what makes a
// small file large, or a value something other than it reads.
func (s *source) plain(n *yaml.Node) {
	const want = "every value written out where it stands"
	if s.full() {
		return
	}
	switch {
	case n.Kind == yaml.AliasNode:
		s.at(n, "aliases are not part of this format: *"+printable(n.Value), want, "")
	case n.Anchor != "":
		s.at(n, "anchors are not part of this format: &"+printable(n.Anchor), want, "")
	case isMerge(n):
		s.at(n, "merge keys are not part of this format", want, "")
	case n.Style&yaml.TaggedStyle != 0:
		s.at(n, "tags are not part of this format: "+printable(n.Tag), "the value alone", "")
	}
	if n.Kind == yaml.AliasNode {
		return
	}
	for _, c := range n.Content {
		s.plain(c)
	}
}
