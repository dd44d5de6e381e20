package matrix

import (
	"fmt"

	"halab/internal/scenario"
)

// mistakes are those of all cells, each kept once.
type mistakes struct {
	list []*mistake
}

type mistake struct {
	*scenario.Error
	cell string // the first that has it
	more int    // how many others have it
}

func (m *mistakes) add(cell string, errs scenario.Errors) {
	for _, e := range errs {
		m.one(cell, e)
	}
}

func (m *mistakes) one(cell string, e *scenario.Error) {
	for _, known := range m.list {
		if *known.Error == *e {
			known.more++
			return
		}
	}
	m.list = append(m.list, &mistake{Error: e, cell: cell})
}

// told are the mistakes with the cells that have them behind the file's name.
func (m *mistakes) told() scenario.Errors {
	var out scenario.Errors
	for _, one := range m.list {
		e := *one.Error
		e.File += ", cell " + one.cell
		if one.more > 0 {
			e.File += fmt.Sprintf(" and %d more", one.more)
		}
		out = append(out, &e)
	}
	return out
}
