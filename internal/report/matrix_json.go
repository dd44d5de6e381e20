package report

import (
	"encoding/json"
	"fmt"
	"io"
	"reflect"

	"halab/internal/matrix"
)

// MatrixFormat names the contract of matrix.json, as Format that of
// report.json.
const MatrixFormat = "halab/matrix/v1"

// matrixDocument is matrix.json.
type matrixDocument struct {
	Format string `json:"format"`
	*matrix.Matrix
}

// MatrixJSON writes matrix.json, every list there even when it is empty.
func MatrixJSON(w io.Writer, m *matrix.Matrix) error {
	filled := withLists(reflect.ValueOf(*m)).Interface().(matrix.Matrix)
	return encode(w, matrixDocument{MatrixFormat, &filled})
}

// maxMatrix bounds a matrix.json that is read, in bytes.
const maxMatrix = 256 << 20

// ReadMatrix reads a matrix.json.
func ReadMatrix(r io.Reader) (*matrix.Matrix, error) {
	doc := matrixDocument{Matrix: &matrix.Matrix{}}
	if err := json.NewDecoder(io.LimitReader(r, maxMatrix)).Decode(&doc); err != nil {
		return nil, fmt.Errorf("read the matrix: %w", err)
	}
	if doc.Format != MatrixFormat {
		return nil, fmt.Errorf("read the matrix: its format is %q, this halab reads %q", doc.Format, MatrixFormat)
	}
	return doc.Matrix, nil
}
