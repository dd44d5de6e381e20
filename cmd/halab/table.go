package main

import (
	"fmt"
	"iter"
	"maps"
	"os"
	"slices"
	"strings"

	"golang.org/x/term"

	"halab/internal/report"
)

// narrowest is the width that is worth wrapping to.
const narrowest = 20

// table writes rows with their columns aligned, two spaces between; a row's
// last column may be of any length.
func table(rows [][]string) string { return tableIn(0, rows) }

// tableIn is table with the last column wrapped to fit this width; 0 is any.
func tableIn(width int, rows [][]string) string {
	var widths []int
	for _, row := range rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			if i < len(row)-1 {
				widths[i] = max(widths[i], len([]rune(cell)))
			}
		}
	}
	var b strings.Builder
	for _, row := range rows {
		var line strings.Builder
		for i, cell := range row[:len(row)-1] {
			fmt.Fprintf(&line, "%-*s  ", widths[i], cell)
		}
		b.WriteString(lastColumn(line.String(), row[len(row)-1], width))
	}
	return b.String()
}

// lastColumn is a text behind the columns before it, wrapped to fit the
// width, or below them where little room is left.
func lastColumn(lead, text string, width int) string {
	indent := strings.Repeat(" ", len([]rune(lead)))
	parts := []string{text}
	if room := width - len(indent); width > 0 && len([]rune(text)) > room {
		if room < narrowest {
			indent = "    "
			parts = append([]string{""}, report.Wrap(text, max(narrowest, width-len(indent)))...)
		} else {
			parts = report.Wrap(text, room)
		}
	}
	var b strings.Builder
	for _, part := range parts {
		b.WriteString(strings.TrimRight(lead+part, " ") + "\n")
		lead = indent
	}
	return b.String()
}

// width is that of the terminal to which the result goes, in columns; 0 where
// it goes elsewhere.
func (a *app) width() int {
	f, ok := a.stdout.Writer.(*os.File)
	if !ok || !isTerminal(f) {
		return 0
	}
	columns, _, _ := term.GetSize(int(f.Fd())) // 0 is as good as none
	return columns
}

// sorted yields a map in the order of its keys.
func sorted[V any](m map[string]V) iter.Seq2[string, V] {
	return func(yield func(string, V) bool) {
		for _, key := range slices.Sorted(maps.Keys(m)) {
			if !yield(key, m[key]) {
				return
			}
		}
	}
}

// counted writes a number with its noun: "1 server", "2 servers".
func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
