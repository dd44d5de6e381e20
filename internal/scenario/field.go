package scenario

import (
	"reflect"
	"strings"
)

// rules are what the struct tags say about one field. The decoder and the
// schema both read them, so that they cannot disagree.
type rules struct {
	name     string
	index    []int
	required bool
	enum     []string
	min, max string
	format   string
	doc      string
}

// fieldsOf returns the fields of a struct type that the format has, in the
// order of the type. An embedded struct counts as its fields.
func fieldsOf(t reflect.Type) []rules {
	var out []rules
	for f := range fields(t) {
		name, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		if f.Anonymous && name == "" && f.Type.Kind() == reflect.Struct {
			for _, inner := range fieldsOf(f.Type) {
				inner.index = append([]int{f.Index[0]}, inner.index...)
				out = append(out, inner)
			}
			continue
		}
		if name == "-" || !f.IsExported() {
			continue
		}
		if name == "" {
			name = strings.ToLower(f.Name)
		}
		r := rules{
			name: name, index: f.Index, required: f.Tag.Get("required") == "true",
			min: f.Tag.Get("min"), max: f.Tag.Get("max"), format: f.Tag.Get("format"), doc: f.Tag.Get("doc"),
		}
		if e := f.Tag.Get("enum"); e != "" {
			r.enum = strings.Split(e, ",")
		}
		out = append(out, r)
	}
	return out
}

func fields(t reflect.Type) func(func(reflect.StructField) bool) {
	return func(yield func(reflect.StructField) bool) {
		for i := range t.NumField() {
			if !yield(t.Field(i)) {
				return
			}
		}
	}
}

// fieldPointers yields the fields of the struct that p points to, and a
// pointer to each.
func fieldPointers(p any) func(func(rules, any) bool) {
	v := reflect.ValueOf(p).Elem()
	return func(yield func(rules, any) bool) {
		for _, f := range fieldsOf(v.Type()) {
			if !yield(f, v.FieldByIndex(f.index).Addr().Interface()) {
				return
			}
		}
	}
}

func names(fields []rules) []string {
	out := make([]string, len(fields))
	for i, f := range fields {
		out[i] = f.name
	}
	return out
}

// hasRequired says whether a value of struct type t cannot be left empty.
func hasRequired(t reflect.Type) bool {
	for _, f := range fieldsOf(t) {
		if f.required {
			return true
		}
	}
	return false
}
