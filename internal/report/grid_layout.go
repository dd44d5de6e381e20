package report

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// gridBlock is the columns of a grid that stand beside one another.
type gridBlock struct {
	g       *grid
	columns []int
	widths  []int // of the columns
}

// blocks puts as many columns beside one another as fit a line; each block
// begins with the first column, which names its rows.
func (g *grid) blocks(width int) []gridBlock {
	natural := g.widths()
	least := g.least(natural)
	block := gridBlock{g, []int{0}, shrink(natural[:1], least[:1], width)}
	var out []gridBlock
	for c := 1; c < len(natural); c++ {
		wider := g.block(append(slices.Clone(block.columns), c), natural, least, width)
		if wider.total() > width && len(block.columns) > 1 {
			out = append(out, block)
			wider = g.block([]int{0, c}, natural, least, width)
		}
		block = wider
	}
	return append(out, block)
}

func (g *grid) block(columns, natural, least []int, width int) gridBlock {
	var widths, narrowest []int
	for _, c := range columns {
		widths, narrowest = append(widths, natural[c]), append(narrowest, least[c])
	}
	return gridBlock{g, columns, shrink(widths, narrowest, width)}
}

// shrink takes from the widest texts until a line fits, or until they are as
// narrow as they may be.
func shrink(natural, least []int, width int) []int {
	widths := slices.Clone(natural)
	for lineWidth(widths) > width {
		widest := -1
		for i, w := range widths {
			if w > least[i] && (widest < 0 || w > widths[widest]) {
				widest = i
			}
		}
		if widest < 0 {
			break
		}
		widths[widest]--
	}
	return widths
}

func lineWidth(widths []int) int {
	total := 0
	for _, w := range widths {
		total += 2 + w
	}
	return total
}

func (b gridBlock) total() int { return lineWidth(b.widths) }

// widths are those of the columns where there is room.
func (g *grid) widths() []int {
	var out []int
	see := func(cells []string) {
		for i, c := range cells {
			if i == len(out) {
				out = append(out, 0)
			}
			out[i] = max(out[i], utf8.RuneCountInString(c))
		}
	}
	see(g.head)
	for _, r := range g.rows {
		if r.note {
			see(r.cells[:1])
			continue
		}
		see(r.cells)
	}
	return out
}

// least is how narrow each column may become: numbers stay whole, and so do
// words that are no longer than longestWord.
func (g *grid) least(natural []int) []int {
	out := slices.Clone(natural)
	for i := range out {
		if g.isRight(i) {
			continue
		}
		word := leastCell
		for _, r := range g.rows {
			if r.note && i > 0 {
				continue
			}
			for _, w := range strings.Fields(r.cells[i]) {
				if n := utf8.RuneCountInString(w); n <= longestWord {
					word = max(word, n)
				}
			}
		}
		out[i] = min(out[i], word)
	}
	return out
}

func (g *grid) isRight(column int) bool { return column < len(g.right) && g.right[column] }

// row writes the block's cells of a row, in as many lines as the longest text
// of them takes.
func (b gridBlock) row(p *painter, cells []string, as Style) {
	texts := make([][]string, len(b.columns))
	lines := 1
	for i, c := range b.columns {
		texts[i] = fold(cells[c], b.widths[i])
		lines = max(lines, len(texts[i]))
	}
	for n := range lines {
		var out strings.Builder
		for i, c := range b.columns {
			text := ""
			if n < len(texts[i]) {
				text = texts[i][n]
			}
			out.WriteString("  " + pad(text, b.widths[i], b.g.isRight(c)))
		}
		p.line("%s", p.paint(strings.TrimRight(out.String(), " "), as))
	}
}

// note writes a note; what does not fit the line stands below, further in.
func (b gridBlock) note(p *painter, r gridRow) {
	lead := "  " + pad(r.cells[0], b.widths[0], b.g.isRight(0)) + "  "
	text := strings.TrimLeft(r.cells[1], " ")
	lead += strings.Repeat(" ", len(r.cells[1])-len(text))
	room := max(leastCell, p.width-utf8.RuneCountInString(lead))
	lines := []string{text}
	if utf8.RuneCountInString(text) > room {
		lines = fold(text, room-2)
	}
	for i, line := range lines {
		if i == 1 {
			lead = strings.Repeat(" ", utf8.RuneCountInString(lead)+2)
		}
		p.line("%s", p.paint(lead+line, r.as))
	}
}
