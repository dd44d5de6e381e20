package scenario

import (
	"fmt"
	"reflect"
	"strings"

	"gopkg.in/yaml.v3"
)

// describe says what a node is, for "x is …".
func describe(n *yaml.Node) string {
	switch {
	case n.Kind == yaml.MappingNode:
		return "a mapping"
	case n.Kind == yaml.SequenceNode:
		return "a list"
	case isNull(n):
		return "empty"
	case n.Kind != yaml.ScalarNode:
		return "something else"
	case n.Tag == "!!int" || n.Tag == "!!float":
		return "a number"
	case n.Tag == "!!bool":
		return "a boolean"
	}
	return "text"
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" }

func isMerge(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!merge" }

// wantOf says what a field of type t takes, for "expected:".
func wantOf(t reflect.Type, r rules) string {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch {
	case len(r.enum) > 0:
		return list(r.enum)
	case t == durationType || t == stdDuration:
		low, high := durationBounds(r)
		return fmt.Sprintf("a duration from %s to %s: 500ms, 2s, 1m30s", short(low), short(high))
	case t == serverRefType:
		return formatNamed("server").want
	case formatNamed(r.format).want != "" && t.Kind() != reflect.Slice:
		return formatNamed(r.format).want + span(r)
	}
	switch t.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.Int:
		return "a whole number" + span(r)
	case reflect.Float64:
		return "a number" + span(r)
	case reflect.Slice:
		return "a list"
	case reflect.Struct:
		if t != stepType {
			return "a mapping with " + strings.Join(names(fieldsOf(t)), ", ")
		}
		return "a step"
	}
	return "text"
}

func span(r rules) string {
	switch {
	case r.min != "" && r.max != "":
		return fmt.Sprintf(" from %s to %s", r.min, r.max)
	case r.min != "":
		return " of at least " + r.min
	case r.max != "":
		return " of at most " + r.max
	}
	return ""
}

// short is d without the zeros that Go prints: 24h, not 24h0m0s.
func short(d Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}
