package scenario

import (
	"bytes"
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
)

// object is a JSON object; encoding/json writes its keys sorted, so that the
// same types give the same bytes.
type object map[string]any

// Schema returns the JSON Schema (2020-12) of a scenario with these kinds of
// step, for editors. It is made from the types and tags that Parse goes by,
// and so says all that a single field can know; what fields mean together is
// for Parse alone.
func Schema(kinds []StepKind) ([]byte, error) {
	m := &schemaMaker{kinds: kinds}
	root := m.structure(reflect.TypeFor[Scenario]())
	root["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	root["title"] = "halab scenario"
	root["$defs"] = object{"servers": m.servers(), "step": m.step()}
	root["anyOf"] = []object{{"required": []string{"frontends", "backends"}}, {"required": []string{"listens"}}}
	root["description"] = "A rehearsal of an upgrade behind HAProxy: the setup, the traffic, the procedure and what has to hold."
	if m.err != nil {
		return nil, fmt.Errorf("make schema: %w", m.err)
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(root); err != nil {
		return nil, fmt.Errorf("make schema: %w", err)
	}
	return out.Bytes(), nil
}

type schemaMaker struct {
	kinds []StepKind
	err   error
}

func (m *schemaMaker) structure(t reflect.Type) object {
	properties, required := object{}, []string{}
	for _, f := range fieldsOf(t) {
		p := m.value(t.FieldByIndex(f.index).Type, f)
		if f.doc != "" {
			p["description"] = f.doc
		}
		properties[f.name] = p
		if f.required {
			required = append(required, f.name)
		}
	}
	o := object{"type": "object", "properties": properties, "additionalProperties": false}
	if len(required) > 0 {
		o["required"] = required
	}
	return o
}

func (m *schemaMaker) value(t reflect.Type, r rules) object {
	switch {
	case t.Kind() == reflect.Pointer:
		o := m.value(t.Elem(), r)
		if t.Elem().Kind() == reflect.Struct && !hasRequired(t.Elem()) {
			o["type"] = []string{"object", "null"}
		}
		return o
	case t == stepType:
		return object{"$ref": "#/$defs/step"} // a step may hold steps
	case t == serversType:
		return object{"$ref": "#/$defs/servers"}
	case t == durationType, t == stdDuration:
		return object{"type": "string", "pattern": durationPattern.String(), "examples": []string{"500ms", "2s", "1m30s"}}
	case t == versionsType:
		return versionsSchema(r)
	case t == serverRefType:
		return text(rules{format: "server"})
	case reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]()):
		return text(r)
	}
	switch t.Kind() {
	case reflect.String:
		return text(r)
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.Int:
		return bounds(object{"type": "integer"}, r)
	case reflect.Float64:
		return number(r)
	case reflect.Struct:
		return m.structure(t)
	case reflect.Slice:
		o := object{"type": "array", "items": m.value(t.Elem(), r)}
		if r.required {
			o["minItems"] = 1
		}
		return o
	}
	m.err = fmt.Errorf("no rule for %s", t)
	return object{}
}

func text(r rules) object {
	o := object{"type": "string"}
	f := formatNamed(r.format)
	if len(r.enum) > 0 {
		o["enum"] = r.enum
	}
	if f.pattern != "" {
		o["pattern"] = f.pattern
	}
	switch {
	case r.format == "version": // 2.6 without quotes is a number to YAML
		o["type"] = []string{"string", "number"}
	case r.format == "option":
		o["examples"] = optionNames()
	case r.required && f.pattern == "" && len(r.enum) == 0:
		o["minLength"] = 1
	}
	return o
}

// number is a float; a rate may also be written with its unit.
func number(r rules) object {
	o := bounds(object{"type": "number"}, r)
	if r.format == "rate" {
		o["type"] = []string{"number", "string"}
		o["pattern"] = formatNamed("rate").pattern
	}
	return o
}

func bounds(o object, r rules) object {
	for key, limit := range map[string]string{"minimum": r.min, "maximum": r.max} {
		if n, err := strconv.ParseFloat(limit, 64); err == nil {
			o[key] = n
		}
	}
	return o
}

// servers is a list of servers and templates, or one of them alone.
func (m *schemaMaker) servers() object {
	one := []object{m.structure(reflect.TypeFor[Server]()), m.structure(reflect.TypeFor[ServerTemplate]())}
	list := object{"type": "array", "minItems": 1, "items": object{"oneOf": one}}
	return object{"oneOf": append([]object{list}, one...)}
}

func (m *schemaMaker) timeout() object {
	o := m.value(durationType, rules{})
	o["description"] = "How long the step may take; what its kind says unless said otherwise."
	return o
}

// step is one of the kinds: a mapping with the kind as its key, and maybe the
// keys that every step may have.
func (m *schemaMaker) step() object {
	var one []object
	for _, k := range m.kinds {
		args := k.New()
		o := m.structure(reflect.TypeOf(args).Elem())
		optional := !hasRequired(reflect.TypeOf(args).Elem())
		if optional {
			o["type"] = []string{"object", "null"}
		}
		if _, ok := args.(ShortForm); ok {
			o = object{"oneOf": []object{{"type": "string"}, o}}
		}
		o["description"] = k.Doc
		one = append(one, object{
			"type": "object", "required": []string{k.Name},
			"properties":           object{k.Name: o, timeoutKey: m.timeout()},
			"additionalProperties": false, "description": k.Doc,
		})
	}
	if len(one) == 0 {
		return object{"not": object{}}
	}
	return object{"oneOf": one}
}
