package report

import (
	"bytes"
	"encoding/json"
	"flag"
	"io"
	"maps"
	"os"
	"path/filepath"
	"testing"

	"halab/internal/verify"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares with a file of testdata, or writes it.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is not what it was; look at the difference and run go test -update\n%s", path, firstDifference(got, want))
	}
}

func firstDifference(got, want []byte) string {
	g, w := bytes.Split(got, []byte("\n")), bytes.Split(want, []byte("\n"))
	for i := range g {
		if i >= len(w) || !bytes.Equal(g[i], w[i]) {
			wanted := []byte("(nothing)")
			if i < len(w) {
				wanted = w[i]
			}
			return "got:  " + string(g[i]) + "\nwant: " + string(wanted)
		}
	}
	return "it ends early"
}

// write is a report as bytes.
func write(t *testing.T, f func(io.Writer, *verify.Verdict) error, v *verify.Verdict) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := f(&out, v); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestGoldens(t *testing.T) {
	formats := []struct {
		extension string
		write     func(io.Writer, *verify.Verdict) error
	}{
		{".ann", Annotations},
		{".json", JSON},
		{".md", Markdown},
		{".txt", func(w io.Writer, v *verify.Verdict) error { return Text(w, v, TextOptions{}) }},
		{".xml", JUnit},
	}
	for name, v := range cases() {
		for _, f := range formats {
			if name == "long" && f.extension == ".json" {
				continue // an hour of polls in JSON says nothing new
			}
			t.Run(name+f.extension, func(t *testing.T) {
				golden(t, name+f.extension, write(t, f.write, v))
			})
		}
	}
}

func TestTextColour(t *testing.T) {
	golden(t, "fail.ansi", write(t, func(w io.Writer, v *verify.Verdict) error {
		return Text(w, v, TextOptions{Color: true, Width: 100})
	}, failed()))
}

func TestSchemaGolden(t *testing.T) {
	schema, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "report.schema.json", schema)
}

// TestSchemaDescribesEverything: a field that is new in the verdict is told
// in fieldDocs, and what is told there exists.
func TestSchemaDescribesEverything(t *testing.T) {
	text, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	var root map[string]any
	if err := json.Unmarshal(text, &root); err != nil {
		t.Fatal(err)
	}
	told := 0
	objects := map[string]any{"report": root}
	maps.Copy(objects, root["$defs"].(map[string]any))
	for name, o := range objects {
		for field, p := range o.(map[string]any)["properties"].(map[string]any) {
			if p.(map[string]any)["description"] == nil {
				t.Errorf("field %q of %s has no description in fieldDocs", field, name)
			}
			told++
		}
	}
	if told < len(fieldDocs) {
		t.Errorf("%d descriptions for %d fields", len(fieldDocs), told)
	}
}
