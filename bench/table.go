package main

import (
	"fmt"
	"os"
	"strings"
	"text/tabwriter"
)

// table is a table of figures, its first column to the left and the others
// to the right.
type table struct{ rows [][]string }

func newTable(heads ...string) *table { return &table{rows: [][]string{heads}} }

// row adds a row; formats and figures come in turn.
func (t *table) row(name string, figures ...any) {
	cells := []string{name}
	for i := 0; i+1 < len(figures); i += 2 {
		cells = append(cells, fmt.Sprintf(figures[i].(string), figures[i+1]))
	}
	t.rows = append(t.rows, cells)
}

func (t *table) print() {
	width := 0
	for _, r := range t.rows {
		width = max(width, len(r[0]))
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	for _, r := range t.rows {
		fmt.Fprintf(w, "%-*s\t%s\t\n", width, r[0], strings.Join(r[1:], "\t"))
	}
	_ = w.Flush()
}
