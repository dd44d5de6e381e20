package report

import (
	"strings"
	"unicode/utf8"
)

// grid is a table on a terminal: columns aligned, two spaces apart, the last
// one cut where the line ends.
type grid struct {
	head  []string
	right []bool // by column: numbers stand to the right
	rows  []gridRow
}

// maxCell is how wide a cell can be that others follow: one long name does
// not push the figures off the line.
const maxCell = 28

// gridRow is one row, or a note that stands across the columns.
type gridRow struct {
	cells []string
	as    Style
	note  bool
}

func (g *grid) add(as Style, cells ...string) {
	for i := range cells[:len(cells)-1] {
		cells[i] = fit(cells[i], maxCell)
	}
	g.rows = append(g.rows, gridRow{cells: cells, as: as})
}

// note adds a line that keeps to the first column and then goes its own way.
func (g *grid) note(as Style, first, rest string) {
	g.rows = append(g.rows, gridRow{cells: []string{first, rest}, as: as, note: true})
}

func (g *grid) widths() []int {
	out := make([]int, len(g.head))
	for i, h := range g.head {
		out[i] = utf8.RuneCountInString(h)
	}
	for _, r := range g.rows {
		for i, c := range r.cells {
			if !r.note || i == 0 {
				out[i] = max(out[i], utf8.RuneCountInString(c))
			}
		}
	}
	return out
}

func (g *grid) write(p *painter) {
	widths := g.widths()
	p.line("%s", p.paint(g.join(p, g.head, widths), Faint))
	for _, r := range g.rows {
		if r.note {
			first := pad(r.cells[0], widths[0], g.isRight(0))
			p.line("%s", p.paint(fit("  "+first+"  "+r.cells[1], p.width), r.as))
			continue
		}
		p.line("%s", p.paint(g.join(p, r.cells, widths), r.as))
	}
}

func (g *grid) join(p *painter, cells []string, widths []int) string {
	var out strings.Builder
	for i, c := range cells {
		out.WriteString("  ")
		out.WriteString(pad(c, widths[i], g.isRight(i)))
	}
	return fit(strings.TrimRight(out.String(), " "), p.width)
}

func (g *grid) isRight(column int) bool { return column < len(g.right) && g.right[column] }

func pad(s string, width int, right bool) string {
	space := strings.Repeat(" ", max(0, width-utf8.RuneCountInString(s)))
	if right {
		return space + s
	}
	return s + space
}

// fit cuts a line that is too long for its place and shows that it did.
func fit(s string, width int) string {
	if utf8.RuneCountInString(s) <= width {
		return s
	}
	return string([]rune(s)[:width-1]) + "…"
}
