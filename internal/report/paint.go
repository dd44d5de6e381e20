package report

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"halab/internal/verify"
)

// styleOf is the style of a result.
func styleOf(r verify.Result) Style {
	switch r {
	case verify.Pass:
		return Good
	case verify.Fail:
		return Bad
	}
	return Doubt
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
func (p *painter) paint(s string, as Style) string { return Paint(p.color, as, s) }

func (p *painter) line(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format+"\n", args...)
	}
}

// heading begins a section.
func (p *painter) heading(text string) {
	p.line("")
	p.title(text)
}

// title writes a text that stands out, in lines that fit.
func (p *painter) title(text string) {
	for _, line := range fold(text, p.width) {
		p.line("%s", p.paint(line, Bold))
	}
}

// wrapped writes a text in lines that fit, the first after lead and the
// others below it.
func (p *painter) wrapped(lead, text string, as Style) {
	indent := strings.Repeat(" ", utf8.RuneCountInString(lead))
	for _, l := range Wrap(text, p.width-utf8.RuneCountInString(lead)) {
		p.line("%s%s", lead, p.paint(l, as))
		lead = indent
	}
}
