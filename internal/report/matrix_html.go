package report

import (
	"fmt"
	"html/template"
	"io"
	"net/url"
	"strings"

	"halab/internal/matrix"
	"halab/templates"
)

// MatrixHTML writes matrix.html: one page without a script that needs no
// network, and in which a cell opens the report of its run.
func MatrixHTML(w io.Writer, m *matrix.Matrix) error {
	p, err := newMatrixPage(m)
	if err != nil {
		return err
	}
	page, err := template.New("matrix.html.tmpl").Funcs(pageFuncs).ParseFS(templates.Matrix, "matrix/*.tmpl")
	if err != nil {
		return fmt.Errorf("parse the matrix's template: %w", err)
	}
	if err := page.Execute(w, p); err != nil {
		return fmt.Errorf("fill the matrix's page in: %w", err)
	}
	return nil
}

// matrixPage is the data of the template.
type matrixPage struct {
	M                      *matrix.Matrix
	Policy                 string
	Style                  template.CSS
	Tone, Summary, Nothing string
	Sent, Lost             int64
	Unwanted               bool
	matrixGrid
	List []cellItem
}

// cellItem is a cell in the list of all.
type cellItem struct {
	C                           *matrix.Cell
	Tone, Link, Aside, Software string
	Reasons                     []string
	More                        int
}

func newMatrixPage(m *matrix.Matrix) (*matrixPage, error) {
	style, err := joined(templates.Report, "report/*.css")
	if err != nil {
		return nil, err
	}
	own, err := joined(templates.Matrix, "matrix/*.css")
	if err != nil {
		return nil, err
	}
	style += own
	p := &matrixPage{M: m, Style: template.CSS(style), Tone: resultTone(m.Result),
		Policy:  fmt.Sprintf("default-src 'none'; style-src '%s'; img-src data:; base-uri 'none'; form-action 'none'", digest(style)),
		Summary: matrixSummary(m), Nothing: nothingDiffers,
		Unwanted: m.Totals.AsExpected < m.Totals.Cells, matrixGrid: newMatrixGrid(m)}
	for i := range m.Cells {
		c := &m.Cells[i]
		p.Sent += c.Sent
		p.Lost += c.Lost
		p.List = append(p.List, newCellItem(c))
	}
	return p, nil
}

// maxReasons is how many reasons of a cell the page shows.
const maxReasons = 6

func newCellItem(c *matrix.Cell) cellItem {
	out := cellItem{C: c, Tone: cellTone(c), Link: cellLink(c)}
	if aside := strings.TrimPrefix(cellConclusion(c), string(c.Outcome)); aside != "" {
		out.Aside = strings.TrimLeft(aside, ",: ")
	}
	if c.Outcome != matrix.Pass || !c.AsExpected {
		n := min(len(c.Reasons), maxReasons)
		out.Reasons, out.More = c.Reasons[:n], len(c.Reasons)-n
	}
	var programs []string
	seen := map[string]bool{}
	for _, s := range c.Software {
		text := s.Name + " " + s.Got
		if s.Substitute {
			text += " (SUBSTITUTE for " + s.Asked + ")"
		}
		if !seen[text] {
			seen[text] = true
			programs = append(programs, visible(text))
		}
	}
	out.Software = strings.Join(programs, ", ")
	return out
}

// cellLink is the relative address of a cell's report.
func cellLink(c *matrix.Cell) string {
	if c.Report == "" {
		return ""
	}
	return (&url.URL{Path: c.Report}).String()
}
