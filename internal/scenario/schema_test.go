package scenario

import (
	"bytes"
	"encoding/json"
	"reflect"
	"regexp"
	"slices"
	"testing"
)

func TestSchema(t *testing.T) {
	first, err := Schema(testKinds())
	if err != nil {
		t.Fatal(err)
	}
	second, _ := Schema(testKinds())
	if !bytes.Equal(first, second) {
		t.Error("two schemas of the same types differ")
	}
	var root map[string]any
	if err := json.Unmarshal(first, &root); err != nil {
		t.Fatal(err)
	}
	if root["$schema"] != "https://json-schema.org/draft/2020-12/schema" || root["$id"] != nil {
		t.Errorf("$schema %v, $id %v", root["$schema"], root["$id"])
	}
	describesType(t, "scenario", root, reflect.TypeFor[Scenario]())
	walkSchema(t, "scenario", root)
	if ref := root["properties"].(map[string]any)["steps"].(map[string]any)["items"].(map[string]any)["$ref"]; ref != "#/$defs/step" {
		t.Errorf("steps are %v", ref)
	}
	forms := root["$defs"].(map[string]any)["servers"].(map[string]any)["oneOf"].([]any)
	items := forms[0].(map[string]any)["items"].(map[string]any)["oneOf"].([]any)
	for i, typ := range []reflect.Type{reflect.TypeFor[Server](), reflect.TypeFor[ServerTemplate]()} {
		describesType(t, "servers", forms[i+1].(map[string]any), typ)
		describesType(t, "servers[]", items[i].(map[string]any), typ)
	}
	steps := root["$defs"].(map[string]any)["step"].(map[string]any)["oneOf"].([]any)
	if len(steps) != len(testKinds()) {
		t.Errorf("%d steps in the schema, want %d", len(steps), len(testKinds()))
	}
}

// describesType: every field of the type is in the schema and nothing else.
func describesType(t *testing.T, path string, schema map[string]any, typ reflect.Type) {
	t.Helper()
	if typ == serversType {
		if schema["$ref"] != "#/$defs/servers" {
			t.Errorf("%s is %v", path, schema["$ref"])
		}
		return
	}
	if typ == versionsType {
		if forms, _ := schema["oneOf"].([]any); len(forms) != 2 {
			t.Errorf("%s has the forms %v", path, forms)
		}
		return
	}
	for typ.Kind() == reflect.Pointer || typ.Kind() == reflect.Slice {
		if typ.Kind() == reflect.Slice {
			schema = schema["items"].(map[string]any)
		}
		typ = typ.Elem()
	}
	if typ.Kind() != reflect.Struct || typ == stepType {
		return
	}
	if schema["additionalProperties"] != false {
		t.Errorf("%s takes unknown keys", path)
	}
	properties := schema["properties"].(map[string]any)
	fields := fieldsOf(typ)
	if len(properties) != len(fields) {
		t.Errorf("%s: %d properties, want %d", path, len(properties), len(fields))
	}
	required, _ := schema["required"].([]any)
	for _, f := range fields {
		p, ok := properties[f.name].(map[string]any)
		if !ok || p["description"] == nil {
			t.Errorf("%s.%s is not in the schema, or not described", path, f.name)
			continue
		}
		if slices.Contains(required, any(f.name)) != f.required {
			t.Errorf("%s.%s: required differs", path, f.name)
		}
		of := p
		if items, ok := p["items"].(map[string]any); ok {
			of = items
		}
		if enum, _ := of["enum"].([]any); len(enum) != len(f.enum) {
			t.Errorf("%s.%s: enum differs", path, f.name)
		}
		describesType(t, path+"."+f.name, p, typ.FieldByIndex(f.index).Type)
	}
}

// walkSchema: every pattern compiles, every node has a form.
func walkSchema(t *testing.T, path string, node any) {
	t.Helper()
	switch n := node.(type) {
	case map[string]any:
		if p, ok := n["pattern"].(string); ok {
			if _, err := regexp.Compile(p); err != nil {
				t.Errorf("%s: %v", path, err)
			}
		}
		for key, child := range n {
			walkSchema(t, path+"."+key, child)
		}
	case []any:
		for _, child := range n {
			walkSchema(t, path, child)
		}
	}
}

// TestPatterns: the schema's patterns refuse nothing that Parse accepts.
func TestPatterns(t *testing.T) {
	words := map[string][]string{
		"address": {"127.0.0.1:81", "[::1]:81", "web_1.lan:65535"},
		"bind":    {":80", "*:80", "[::]:80", "0.0.0.0:1"},
		"line":    {"", "one line", "新"},
		"name":    {"a", "bk_app", "x:1.y-z"},
		"option":  optionNames(),
		"server":  {"nginx2", "bk_app/nginx2"},
		"text":    {"", "\n"},
		"title":   {"blog-walkthrough", "0", "a.b_c"},
		"uri":     {"/", "/a?b=%41"},
		"version": {"2.6", "1.18.0"},
	}
	for _, f := range formats() {
		if f.check == nil {
			continue
		}
		if len(words[f.name]) == 0 {
			t.Errorf("no words for format %s", f.name)
		}
		pattern := regexp.MustCompile(f.pattern)
		for _, w := range append(words[f.name], accepted(f.check, append([]string{"x"}, words[f.name]...), nasty)...) {
			if msg, _ := f.check(w); msg != "" {
				continue
			}
			if !pattern.MatchString(w) {
				t.Errorf("%s: the schema refuses %q", f.name, w)
			}
		}
	}
	if !slices.IsSortedFunc(formats(), func(a, b format) int { return bytes.Compare([]byte(a.name), []byte(b.name)) }) {
		t.Error("formats are not sorted")
	}
	if !slices.IsSorted(optionNames()) {
		t.Error("options are not sorted")
	}
}
