package report

import (
	"strings"

	"halab/internal/matrix"
)

// matrixGrid is the matrix as a table: the last axis across, the others down.
type matrixGrid struct {
	Fixed   string // what every cell has
	Over    string // the axis across, "" where every cell has a row of its own
	Heads   []string
	Columns []string
	Rows    []matrixRow
}

type matrixRow struct {
	Names []string
	Cells []gridCell
}

type gridCell struct{ Link, Tone, Outcome, Word string }

// maxColumns is how many values of an axis stand across.
const maxColumns = 8

func newMatrixGrid(m *matrix.Matrix) matrixGrid {
	var g matrixGrid
	var down []matrix.Axis
	var fixed []string
	for _, a := range m.Axes {
		if len(a.Values) > 1 {
			down = append(down, a)
		} else {
			fixed = append(fixed, visible(matrix.Label(a.Name, a.Values[0])))
		}
	}
	g.Fixed = strings.Join(fixed, ", ")
	var across matrix.Axis
	if n := len(down); n > 0 && len(down[n-1].Values) <= maxColumns {
		across, down = down[n-1], down[:n-1]
		g.Over, g.Columns = across.Name, across.Values
	} else {
		g.Columns = []string{"outcome"}
	}
	for _, a := range down {
		g.Heads = append(g.Heads, a.Name)
	}
	if len(g.Heads) == 0 {
		g.Heads = []string{""}
	}
	g.fill(m, down, across)
	return g
}

// fill puts every cell in its row and column. Cells of a shard that another
// one runs have none.
func (g *matrixGrid) fill(m *matrix.Matrix, down []matrix.Axis, across matrix.Axis) {
	rows := map[string]int{}
	for i := range m.Cells {
		c := &m.Cells[i]
		names := []string{}
		for _, a := range down {
			names = append(names, c.Values[a.Name])
		}
		if len(down) == 0 {
			names = []string{""}
		}
		key := strings.Join(names, "\x00")
		n, known := rows[key]
		if !known {
			n = len(g.Rows)
			rows[key] = n
			g.Rows = append(g.Rows, matrixRow{Names: names, Cells: make([]gridCell, len(g.Columns))})
			for j := range g.Rows[n].Cells {
				g.Rows[n].Cells[j] = gridCell{Tone: "hole", Word: "in another shard"}
			}
		}
		column := 0
		for j, v := range across.Values {
			if v == c.Values[across.Name] {
				column = j
			}
		}
		g.Rows[n].Cells[column] = gridCell{cellLink(c), cellTone(c), string(c.Outcome), cellWord(c)}
	}
}
