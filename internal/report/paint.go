package report

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"halab/internal/verify"
)

// style is how a piece of text stands out on a terminal (ECMA-48, Select
// Graphic Rendition). What it says is never said by the style alone.
type style string

const (
	normal style = ""
	bold   style = "1"
	faint  style = "2"
	bad    style = "31"
	good   style = "32"
	doubt  style = "33"
	marked style = "36"
)

// styleOf is the style of a result.
func styleOf(r verify.Result) style {
	switch r {
	case verify.Pass:
		return good
	case verify.Fail:
		return bad
	}
	return doubt
}

// painter writes lines to a terminal or to whatever stands for one, and keeps
// the first error.
type painter struct {
	w     io.Writer
	color bool
	width int
	err   error
}

func newPainter(w io.Writer, o TextOptions) *painter {
	width := o.Width
	if width == 0 {
		width = 80
	}
	return &painter{w: w, color: o.Color, width: max(width, 40)}
}

// paint puts s in a style, where there is colour.
func (p *painter) paint(s string, as style) string {
	if !p.color || as == normal {
		return s
	}
	return "\x1b[" + string(as) + "m" + s + "\x1b[0m"
}

func (p *painter) line(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format+"\n", args...)
	}
}

// heading begins a section.
func (p *painter) heading(text string) { p.line("\n%s", p.paint(text, bold)) }

// wrapped writes a text in lines that fit, the first after lead and the
// others below it.
func (p *painter) wrapped(lead, text string, as style) {
	indent := strings.Repeat(" ", utf8.RuneCountInString(lead))
	for _, l := range wrap(text, p.width-utf8.RuneCountInString(lead)) {
		p.line("%s%s", lead, p.paint(l, as))
		lead = indent
	}
}

// wrap breaks a text between words. A word that is wider than a line is
// broken within.
func wrap(text string, width int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		for utf8.RuneCountInString(word) > width {
			if line != "" {
				lines = append(lines, line)
				line = ""
			}
			runes := []rune(word)
			lines, word = append(lines, string(runes[:width])), string(runes[width:])
		}
		switch {
		case line == "":
			line = word
		case utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) <= width:
			line += " " + word
		default:
			lines = append(lines, line)
			line = word
		}
	}
	return append(lines, line)
}
