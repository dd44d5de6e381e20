package report

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"halab/internal/matrix"
	"halab/internal/verify"
)

// object is a JSON object; encoding/json writes its keys sorted, so that the
// same types give the same bytes.
type object map[string]any

// Schema returns the JSON Schema (2020-12) of report.json. It is made from
// the types that JSON writes, with the descriptions of fieldDocs. It does not
// close its objects: a field may be added within a format.
func Schema() ([]byte, error) {
	return schemaOf(reflect.TypeFor[document](), fieldDocs, "halab report",
		"The verdict of one run with its evidence. Times ending in _us are microseconds since the run began, or lengths of time in microseconds.")
}

// schemaOf is the schema of a document, with the descriptions of docs.
func schemaOf(t reflect.Type, docs map[string]string, title, description string) ([]byte, error) {
	m := &schemaMaker{docs: docs, defs: object{}}
	root := m.structure(t)
	root["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	root["title"] = title
	root["description"] = description
	root["$defs"] = m.defs
	if m.err != nil {
		return nil, fmt.Errorf("make the schema: %w", m.err)
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(root); err != nil {
		return nil, fmt.Errorf("make the schema: %w", err)
	}
	return out.Bytes(), nil
}

type schemaMaker struct {
	docs map[string]string
	defs object
	err  error
}

// structure describes a struct. The fields of an embedded one are its own.
func (m *schemaMaker) structure(t reflect.Type) object {
	properties, required := object{}, []string{}
	for _, f := range reflect.VisibleFields(t) {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Anonymous || !f.IsExported() || name == "-" {
			continue
		}
		p := m.value(f.Type)
		key := ownerOf(t, f.Index) + "." + name
		if doc := cmp.Or(m.docs[key], fieldDocs[key]); doc != "" {
			p["description"] = doc
		}
		properties[name] = p
		if options == "" {
			required = append(required, name)
		}
	}
	return object{"type": "object", "properties": properties, "required": required}
}

// ownerOf names the type that declares a field.
func ownerOf(t reflect.Type, index []int) string {
	for _, i := range index[:len(index)-1] {
		if t = t.Field(i).Type; t.Kind() == reflect.Pointer {
			t = t.Elem()
		}
	}
	return t.Name()
}

// enums are the types that take a fixed set of values. Outcomes are none of
// them: lanes to come may have more.
var enums = map[reflect.Type][]any{
	reflect.TypeFor[matrix.Outcome](): matrix.Outcomes(),
	reflect.TypeFor[matrix.Result]():  matrix.Results(),
	reflect.TypeFor[verify.Result]():  {verify.Pass, verify.Fail, verify.Inconclusive},
}

func (m *schemaMaker) value(t reflect.Type) object {
	if values, ok := enums[t]; ok {
		return object{"type": "string", "enum": values}
	}
	switch t.Kind() {
	case reflect.String:
		return object{"type": "string"}
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.Float64:
		return object{"type": "number"}
	case reflect.Int, reflect.Int64, reflect.Uint64:
		return object{"type": "integer"}
	case reflect.Slice:
		return object{"type": "array", "items": m.value(t.Elem())}
	case reflect.Map:
		return object{"type": "object", "additionalProperties": m.value(t.Elem())}
	case reflect.Pointer:
		return m.value(t.Elem())
	case reflect.Struct:
		name := strings.ToLower(t.Name())
		if _, done := m.defs[name]; !done {
			m.defs[name] = object{}
			m.defs[name] = m.structure(t)
		}
		return object{"$ref": "#/$defs/" + name}
	}
	if m.err == nil {
		m.err = fmt.Errorf("no JSON Schema for %s", t)
	}
	return object{}
}
