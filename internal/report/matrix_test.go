package report

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"io"
	"maps"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"halab/internal/matrix"
)

func writeMatrix(t *testing.T, f func(io.Writer, *matrix.Matrix) error, m *matrix.Matrix) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := f(&out, m); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestMatrixGoldens(t *testing.T) {
	formats := map[string]func(io.Writer, *matrix.Matrix) error{
		".json": MatrixJSON,
		".md":   MatrixMarkdown,
		".txt":  func(w io.Writer, m *matrix.Matrix) error { return MatrixText(w, m, TextOptions{}) },
		".xml":  MatrixJUnit,
	}
	for name, m := range matrices() {
		for extension, f := range formats {
			t.Run(name+extension, func(t *testing.T) {
				got := writeMatrix(t, f, m)
				golden(t, name+extension, got)
				if extension == ".xml" {
					if err := xml.Unmarshal(got, &junitSuites{}); err != nil {
						t.Error(err)
					}
				}
			})
		}
	}
	schema, err := MatrixSchema()
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "matrix.schema.json", schema)
}

// TestMatrixJSONAgain: what was written is read again, and says the same.
func TestMatrixJSONAgain(t *testing.T) {
	for name, m := range matrices() {
		text := writeMatrix(t, MatrixJSON, m)
		again, err := ReadMatrix(bytes.NewReader(text))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if !bytes.Equal(writeMatrix(t, MatrixJSON, again), text) {
			t.Errorf("%s is not what it was", name)
		}
	}
	for _, text := range []string{"", "{", "[]", `{"format": "halab/report/v1"}`} {
		if _, err := ReadMatrix(strings.NewReader(text)); err == nil {
			t.Errorf("%q is read as a matrix", text)
		}
	}
}

// FuzzReadMatrix: whatever is read can be merged or is refused, and what is
// merged can be written.
func FuzzReadMatrix(f *testing.F) {
	for _, m := range matrices() {
		var out bytes.Buffer
		if err := MatrixJSON(&out, m); err != nil {
			f.Fatal(err)
		}
		f.Add(out.Bytes())
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := ReadMatrix(bytes.NewReader(data))
		if err != nil {
			return
		}
		merged, _, err := matrix.Merge([]matrix.Part{{Name: "a", Matrix: m}})
		if err != nil {
			return
		}
		for _, write := range []func(io.Writer, *matrix.Matrix) error{MatrixJSON, MatrixJUnit, MatrixHTML} {
			writeMatrix(t, write, merged)
		}
	})
}

// TestMatrixSchemaDescribesEverything, as that of report.json.
func TestMatrixSchemaDescribesEverything(t *testing.T) {
	text, err := MatrixSchema()
	if err != nil {
		t.Fatal(err)
	}
	var root map[string]any
	if err := json.Unmarshal(text, &root); err != nil {
		t.Fatal(err)
	}
	objects := map[string]any{"matrix": root}
	maps.Copy(objects, root["$defs"].(map[string]any))
	told := 0
	for name, o := range objects {
		for field, p := range o.(map[string]any)["properties"].(map[string]any) {
			if p.(map[string]any)["description"] == nil {
				t.Errorf("field %q of %s has no description in matrixDocs", field, name)
			}
			if name != "software" {
				told++
			}
		}
	}
	if told != len(matrixDocs) {
		t.Errorf("%d descriptions for %d fields", len(matrixDocs), told)
	}
}

var link = regexp.MustCompile(`<a href="([^"]*)"`)

func TestMatrixPage(t *testing.T) {
	m := mixedMatrix()
	page := string(writeMatrix(t, MatrixHTML, m))
	links := map[string]bool{}
	for _, l := range link.FindAllStringSubmatch(page, -1) {
		links[l[1]] = true
	}
	for i := range m.Cells {
		c := &m.Cells[i]
		if c.Report != "" && !links[c.Report] {
			t.Errorf("no link opens %s", c.Report)
		}
	}
	if strings.Count(page, `class="cell `) != len(m.Cells) {
		t.Errorf("%d cells are drawn, of %d", strings.Count(page, `class="cell `), len(m.Cells))
	}
	for _, d := range m.Differences {
		if !strings.Contains(page, d.Text) {
			t.Errorf("the page does not say %q", d.Text)
		}
	}
}

// TestMatrixPageHostile: nothing from outside becomes markup or an address
// that is more than a relative one.
func TestMatrixPageHostile(t *testing.T) {
	page := string(writeMatrix(t, MatrixHTML, hostileMatrix()))
	for _, bad := range []string{"<script", `href="javascript:`, "\x1b", "\u202e"} {
		if strings.Contains(page, bad) {
			t.Errorf("the page has %q", bad)
		}
	}
}

// TestMatrixWhole: a matrix that is filled in keeps its lists.
func TestMatrixWhole(t *testing.T) {
	m := &matrix.Matrix{}
	if err := json.Unmarshal(writeMatrix(t, MatrixJSON, m), m); err != nil {
		t.Fatal(err)
	}
	if m.Cells == nil || m.Axes == nil || reflect.ValueOf(m.Differences).IsNil() {
		t.Error("an empty list is null")
	}
}

// TestMatrixPipe: in a pipe no line is cut or wrapped, so that one line has all
// of a cell, a problem or a difference.
func TestMatrixPipe(t *testing.T) {
	long := strings.TrimSpace(strings.Repeat("word ", 120))
	m := mixedMatrix()
	m.Axes[2].Values[0] = long
	m.Cells[0].Values["to"] = long
	m.Cells[2].Problem = long
	m.Differences = []matrix.Difference{{Text: long}}
	out := string(writeMatrix(t, func(w io.Writer, m *matrix.Matrix) error { return MatrixText(w, m, TextOptions{}) }, m))
	for _, line := range []string{"  FAIL          2.2      " + long + " ", "  1 cell: " + long + "\n", "  " + long + "\n"} {
		if !strings.Contains(out, "\n"+line) {
			t.Errorf("no line begins with %q", line)
		}
	}
}
