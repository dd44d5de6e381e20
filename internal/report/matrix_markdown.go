package report

import (
	"bytes"
	"fmt"
	"io"

	"halab/internal/matrix"
)

// MatrixMarkdown writes the matrix for the summary of a CI's step: what
// differs, and a row for each cell.
func MatrixMarkdown(w io.Writer, m *matrix.Matrix) error {
	var b bytes.Buffer
	icon := map[matrix.Result]string{matrix.ResultPass: "✅", matrix.ResultFail: "❌"}[m.Result]
	if icon == "" {
		icon = "⚠️"
	}
	fmt.Fprintf(&b, "## %s %s, a matrix: %s\n\n%s; %s.\n\n", icon, md(m.Scenario), m.Result, matrixSummary(m), matrixPace(m))
	for _, d := range m.Differences[:min(len(m.Differences), mdLines)] {
		fmt.Fprintf(&b, "- %s\n", md(d.Text))
	}
	if len(m.Differences) == 0 {
		fmt.Fprintf(&b, "- %s\n", nothingDiffers)
	}
	var rows [][]string
	for i := range m.Cells[:min(len(m.Cells), mdCells)] {
		c := &m.Cells[i]
		rows = append(rows, []string{md(c.ID), count(c.Sent), count(c.Lost), md(cellConclusion(c))})
	}
	mdTable(&b, "cell | sent | lost | outcome", "---|--:|--:|---", rows)
	if more := len(m.Cells) - len(rows); more > 0 {
		fmt.Fprintf(&b, "\nand %s, in the report.\n", plural(int64(more), "more cell"))
	}
	_, err := w.Write(within(b.Bytes()))
	return err
}

// mdCells is how many cells a summary has rows for.
const mdCells = 500
