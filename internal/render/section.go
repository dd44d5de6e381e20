package render

import (
	"fmt"
	"strings"

	parser "github.com/haproxytech/config-parser/v5"
	"github.com/haproxytech/config-parser/v5/common"
	"github.com/haproxytech/config-parser/v5/options"
	"github.com/haproxytech/config-parser/v5/types"
)

// lab marks a line that the lab adds.
const lab = "lab"

// unnamed stands for the name of the defaults section while config-parser has
// it: it cannot create one without.
const unnamed = "unnamed"

// section writes one section of haproxy.cfg with config-parser. Each has a
// parser of its own, because one parser sorts its sections by name and a
// reader wants them in the scenario's order.
type section struct {
	p    parser.Parser
	kind parser.Section
	name string
	err  error
}

func newSection(kind parser.Section, name string) *section {
	p, err := parser.New(options.UseListenSectionParsers, options.String(""))
	s := &section{p: p, kind: kind, name: name, err: err}
	switch {
	case err != nil:
	case kind == parser.Global:
		s.name = parser.GlobalSectionName
	case kind == parser.Defaults:
		s.name = unnamed
		s.err = p.SectionsCreate(kind, unnamed)
	default:
		s.err = p.SectionsCreate(kind, name)
	}
	return s
}

// set sets the only value of attr.
func (s *section) set(attr string, data common.ParserData) {
	if s.err == nil {
		s.fail(attr, s.p.Set(s.kind, s.name, attr, data))
	}
}

// add appends one of the several values of attr.
func (s *section) add(attr string, data common.ParserData) {
	if s.err == nil {
		s.fail(attr, s.p.Insert(s.kind, s.name, attr, data))
	}
}

func (s *section) fail(attr string, err error) {
	if err != nil {
		s.err = fmt.Errorf("%s %s: %s: %w", s.kind, s.name, attr, err)
	}
}

// raw appends a line that config-parser has no type for. It comes after the
// lines that have one.
func (s *section) raw(line string) {
	s.add("", types.UnProcessed{Value: line})
}

// option sets one option, given as after the word "option".
func (s *section) option(text, comment string) {
	if s.err != nil {
		return
	}
	// Some options have a type of their own, which does not take this one.
	if attr := "option " + text; s.p.HasParser(s.kind, attr) && s.p.Set(s.kind, s.name, attr, &types.SimpleOption{Comment: comment}) == nil {
		return
	}
	word, arg, _ := strings.Cut(text, " ")
	if !s.p.HasParser(s.kind, "option "+word) {
		word = "" // httplog in a listen section, say
	}
	switch word {
	case "httplog":
		s.set("option httplog", &types.OptionHTTPLog{Clf: arg == "clf", Comment: comment})
	case "redispatch":
		s.set("option redispatch", &types.OptionRedispatch{Interval: number(arg), Comment: comment})
	default:
		s.raw("option " + text)
	}
}

// common is what every proxy may have. The lab's own log-format stands for the
// options httplog and tcplog, which would take it back where they come after
// it.
func (s *section) common(mode string, options []string, t Target) {
	if mode != "" {
		s.set("mode", &types.StringC{Value: mode})
	}
	for _, o := range options {
		if word, _, _ := strings.Cut(o, " "); t.Plain || word != "httplog" && word != "tcplog" {
			s.option(o, "")
		}
	}
}

// String is the section's text without the empty line that config-parser
// puts in front.
func (s *section) String() (string, error) {
	if s.err != nil {
		return "", s.err
	}
	text := strings.TrimLeft(s.p.String(), "\n")
	return strings.Replace(text, "defaults "+unnamed+"\n", "defaults\n", 1), nil
}
