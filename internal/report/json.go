package report

import (
	"encoding/json"
	"fmt"
	"io"
	"reflect"

	"halab/internal/verify"
)

// Format names the contract of report.json: what a field means changes only
// together with this name. Fields may be added.
const Format = "halab/report/v1"

// document is report.json.
type document struct {
	Format string `json:"format"`
	*verify.Verdict
}

// JSON writes report.json: the whole verdict, times in microseconds since the
// run began, every list there even when it is empty.
func JSON(w io.Writer, v *verify.Verdict) error {
	filled := withLists(reflect.ValueOf(*v)).Interface().(verify.Verdict)
	return encode(w, document{Format, &filled})
}

// encode writes a document as JSON that people can read.
func encode(w io.Writer, document any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(document); err != nil {
		return fmt.Errorf("encode the report: %w", err)
	}
	return nil
}

// withLists copies a value and puts an empty list or map where there is none,
// so that whoever reads the JSON need not ask whether a list is null.
func withLists(v reflect.Value) reflect.Value {
	out := reflect.New(v.Type()).Elem()
	out.Set(v)
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				out.Field(i).Set(withLists(v.Field(i)))
			}
		}
	case reflect.Slice:
		out.Set(reflect.MakeSlice(v.Type(), v.Len(), v.Len()))
		for i := range v.Len() {
			out.Index(i).Set(withLists(v.Index(i)))
		}
	case reflect.Pointer:
		if !v.IsNil() {
			out.Set(reflect.New(v.Type().Elem()))
			out.Elem().Set(withLists(v.Elem()))
		}
	case reflect.Map:
		if v.IsNil() {
			out.Set(reflect.MakeMap(v.Type()))
		}
	}
	return out
}
