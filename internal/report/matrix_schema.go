package report

import "reflect"

// MatrixSchema returns the JSON Schema (2020-12) of matrix.json, made as
// Schema is.
func MatrixSchema() ([]byte, error) {
	return schemaOf(reflect.TypeFor[matrixDocument](), matrixDocs, "halab matrix",
		"A matrix of runs: what came of every cell, and what differs between them. Times ending in _us are lengths of time in microseconds.")
}
