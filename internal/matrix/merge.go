package matrix

import (
	"errors"
	"fmt"
	"reflect"
)

// Part is a matrix to merge, with what it is called in messages.
type Part struct {
	Name   string
	Matrix *Matrix
}

// Merge puts the shards of one matrix together. Cells that none of them has
// are there and say so. From[id] is the part that a cell comes from. A cell
// that was run several times, as by a machine that took over from another,
// counts once: what was lost in one run stays lost, and what was proved in one
// stays proved. Its error says which parts do not belong together.
func Merge(parts []Part) (m *Matrix, from map[string]*Part, err error) {
	if len(parts) == 0 {
		return nil, nil, errors.New("there is nothing to merge")
	}
	first := parts[0].Matrix
	m = &Matrix{Scenario: first.Scenario, File: first.File, Teaches: first.Teaches, Source: first.Source,
		Halab: first.Halab, Started: first.Started, Axes: first.Axes}
	if err := CheckAxes(m.Axes); err != nil {
		return nil, nil, fmt.Errorf("%s: %w", parts[0].Name, err)
	}
	cells := map[string]*Cell{}
	from = map[string]*Part{}
	for i := range parts {
		p := &parts[i]
		if err := sameMatrix(&parts[0], p); err != nil {
			return nil, nil, err
		}
		m.Started = min(m.Started, p.Matrix.Started)
		m.Length = max(m.Length, p.Matrix.Length)
		for j := range p.Matrix.Cells {
			c := &p.Matrix.Cells[j]
			if other := cells[c.ID]; other == nil || c.weight() > other.weight() {
				cells[c.ID], from[c.ID] = c, p
			}
		}
	}
	for _, place := range Product(m.Axes) {
		c := m.notRun(place, "no directory that was merged has it")
		if known := cells[place.ID]; known != nil {
			values := c.Values
			c = *known
			c.Values = values
		}
		m.Cells = append(m.Cells, c)
		delete(cells, place.ID)
	}
	for id := range cells {
		return nil, nil, fmt.Errorf("%s has a cell %q that its axes do not make", from[id].Name, id)
	}
	m.Conclude()
	return m, from, nil
}

// weight orders the runs of one cell.
func (c *Cell) weight() int {
	switch {
	case c.Outcome == NotRun:
		return 0
	case !c.Outcome.Judged():
		return 1
	case c.result() == ResultInconclusive:
		return 2
	case c.result() == ResultPass:
		return 3
	}
	return 4
}

// sameMatrix refuses parts of different matrices.
func sameMatrix(a, b *Part) error {
	switch {
	case a.Matrix.Source != b.Matrix.Source:
		return fmt.Errorf("%s and %s are of different scenarios: %s and %s, or other versions of its text",
			a.Name, b.Name, a.Matrix.Scenario, b.Matrix.Scenario)
	case !reflect.DeepEqual(a.Matrix.Axes, b.Matrix.Axes):
		return fmt.Errorf("%s and %s are of matrices with different axes", a.Name, b.Name)
	}
	return nil
}
