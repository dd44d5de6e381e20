package report

import (
	"fmt"
	"io"
	"path/filepath"

	"halab/internal/matrix"
)

// The files that WriteMatrix writes. The JUnit one has a name of its own, so
// that a pattern which finds those of the cells does not count them twice.
const (
	MatrixJSONFile  = "matrix.json"
	MatrixJUnitFile = "matrix.xml"
	MatrixHTMLFile  = "matrix.html"
)

// WriteMatrix writes every report of a matrix into dir, each in one piece.
func WriteMatrix(dir string, m *matrix.Matrix) error {
	reports := []struct {
		name  string
		write func(io.Writer, *matrix.Matrix) error
	}{
		{MatrixJSONFile, MatrixJSON},
		{MatrixJUnitFile, MatrixJUnit},
		{MatrixHTMLFile, MatrixHTML},
	}
	for _, r := range reports {
		if err := replace(filepath.Join(dir, r.name), func(w io.Writer) error { return r.write(w, m) }); err != nil {
			return fmt.Errorf("write %s: %w", r.name, err)
		}
	}
	return nil
}
