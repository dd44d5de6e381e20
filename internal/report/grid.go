package report

import (
	"strings"
	"unicode/utf8"
)

// grid is a table on a terminal: columns aligned, two spaces apart. Where the
// line is too short, texts go on below in their columns, and columns for which
// that is not enough stand in a second table below. No number is cut.
type grid struct {
	head  []string // nil: the columns speak for themselves
	right []bool   // by column: numbers stand to the right
	rows  []gridRow
	whole bool // no text is cut: for a pipe
}

// The widths of cells in runes. One long name does not push the figures off
// the line, and a text from outside does not fill the screen.
const (
	leastCell   = 12 // of a text that goes on below
	longestWord = 24 // that is not broken
	mostCell    = 400
)

// gridRow is one row, or a note that stands across the columns.
type gridRow struct {
	cells []string
	as    Style
	note  bool
}

func (g *grid) add(as Style, cells ...string) {
	if !g.whole {
		for i := range cells {
			cells[i] = fit(cells[i], mostCell)
		}
	}
	g.rows = append(g.rows, gridRow{cells: cells, as: as})
}

// note adds a line that keeps to the first column and then goes its own way.
func (g *grid) note(as Style, first, rest string) {
	g.rows = append(g.rows, gridRow{cells: []string{first, fit(rest, mostCell)}, as: as, note: true})
}

func (g *grid) write(p *painter) {
	for i, b := range g.blocks(p.width) {
		if i > 0 {
			p.line("")
		}
		if g.head != nil {
			b.row(p, g.head, Faint)
		}
		for _, r := range g.rows {
			switch {
			case !r.note:
				b.row(p, r.cells, r.as)
			case i == 0:
				b.note(p, r)
			}
		}
	}
}

// pad fills a text up with spaces.
func pad(s string, width int, right bool) string {
	space := strings.Repeat(" ", max(0, width-utf8.RuneCountInString(s)))
	if right {
		return space + s
	}
	return s + space
}

// fit cuts a text that is too long for its place and shows that it did.
func fit(s string, width int) string {
	if utf8.RuneCountInString(s) <= width {
		return s
	}
	return string([]rune(s)[:width-1]) + "…"
}
