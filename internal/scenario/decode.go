package scenario

import (
	"encoding"
	"fmt"
	"reflect"
	"time"

	"gopkg.in/yaml.v3"

	"halab/internal/haproxy"
)

// decoder fills Go values from YAML nodes by the struct tags and remembers
// where each value stood: by its address for Validate, by its path for
// whoever has to point at it later.
type decoder struct {
	*source
	kinds []StepKind
	nodes map[any]*yaml.Node
	paths map[string]*yaml.Node
	// bad are values with a mistake; nothing further is said about them.
	bad map[any]bool
	// servers is how many there are so far.
	servers int
}

var (
	durationType  = reflect.TypeFor[Duration]()
	stdDuration   = reflect.TypeFor[time.Duration]()
	serverRefType = reflect.TypeFor[haproxy.ServerRef]()
	serversType   = reflect.TypeFor[[]Server]()
	stepType      = reflect.TypeFor[Step]()
)

// spot is where a value stands: its node, the node to point at when something
// is missing in it, its path and what its field's tags ask for.
type spot struct {
	node, key *yaml.Node
	path      string
	rules     rules
}

// value decodes s.node into v, which must be addressable.
func (d *decoder) value(s spot, v reflect.Value) {
	d.nodes[v.Addr().Interface()] = s.node
	d.paths[s.path] = s.node
	before := len(d.errs)
	d.kind(s, v)
	if len(d.errs) > before || d.full() {
		d.bad[v.Addr().Interface()] = true
	}
}

func (d *decoder) kind(s spot, v reflect.Value) {
	if s.node.Kind == yaml.AliasNode {
		d.bad[v.Addr().Interface()] = true // said once already, for the whole tree
		return
	}
	if v.Kind() == reflect.Pointer {
		d.pointer(s, v)
		return
	}
	if isNull(s.node) {
		d.at(d.keyOr(s), fmt.Sprintf("%s has no value", s.rules.name), wantOf(v.Type(), s.rules), "")
		return
	}
	switch _, text := v.Addr().Interface().(encoding.TextUnmarshaler); {
	case v.Type() == stepType:
		d.step(s, v.Addr().Interface().(*Step))
	case isScalarType(v.Type()) || text:
		d.scalar(s, v)
	case v.Type() == versionsType:
		d.versions(s, v.Addr().Interface().(*Versions))
	case v.Type() == serversType && s.node.Kind != yaml.ScalarNode:
		d.serverList(s, v.Addr().Interface().(*[]Server))
	case v.Kind() == reflect.Slice:
		d.slice(s, v)
	case v.Kind() == reflect.Struct:
		d.structure(s, v)
	default:
		panic("scenario: no rule to decode a " + v.Type().String())
	}
}

// pointer decodes an optional value. A section that has only defaults may be
// left empty: "poll:" alone is a poll.
func (d *decoder) pointer(s spot, v reflect.Value) {
	elem := v.Type().Elem()
	v.Set(reflect.New(elem))
	if isNull(s.node) && elem.Kind() == reflect.Struct && !hasRequired(elem) {
		return
	}
	d.value(s, v.Elem())
}

func (d *decoder) slice(s spot, v reflect.Value) {
	if s.node.Kind != yaml.SequenceNode {
		hint := ""
		if s.node.Kind == yaml.ScalarNode {
			hint = fmt.Sprintf("%s: [%s]", s.rules.name, printable(s.node.Value))
		}
		d.at(s.node, fmt.Sprintf("%s is %s, not a list", s.rules.name, describe(s.node)), "a list", hint)
		return
	}
	n := len(s.node.Content)
	d.notEmpty(s)
	v.Set(reflect.MakeSlice(v.Type(), n, n))
	for i, item := range s.node.Content {
		if d.full() {
			return
		}
		d.value(s.item(item, i, i), v.Index(i))
	}
}

func (d *decoder) notEmpty(s spot) {
	if len(s.node.Content) == 0 && s.rules.required {
		d.at(s.node, s.rules.name+" is empty", "at least one", "")
	}
}

// item is the spot of an entry of a list: where it stands there, and which
// value it is, or the first of them.
func (s spot) item(n *yaml.Node, stands, index int) spot {
	r := s.rules
	r.name = fmt.Sprintf("%s[%d]", s.rules.name, stands)
	return spot{n, n, fmt.Sprintf("%s[%d]", s.path, index), r}
}

// inherit makes the places of from, and what is wrong there, those of to as
// well: of each field those of the field with the key that renamed gives for
// it, where from has one, or else with the same key.
func (d *decoder) inherit(to, from any, renamed map[string]string) {
	d.nodes[to], d.bad[to] = d.nodes[from], d.bad[from]
	source := map[string]any{}
	for f, p := range fieldPointers(from) {
		source[f.name] = p
	}
	for f, p := range fieldPointers(to) {
		key := f.name
		if source[renamed[key]] != nil {
			key = renamed[key]
		}
		if was := source[key]; d.nodes[was] != nil {
			d.nodes[p], d.bad[p] = d.nodes[was], d.bad[was]
		}
	}
}

func (d *decoder) structure(s spot, v reflect.Value) {
	fields := fieldsOf(v.Type())
	if s.node.Kind != yaml.MappingNode {
		d.at(s.node, fmt.Sprintf("%s is %s, not a mapping", s.rules.name, describe(s.node)),
			wantOf(v.Type(), s.rules), "")
		return
	}
	// true for a key that is there, false for one that was probably meant.
	seen := map[string]bool{}
	for i := 0; i+1 < len(s.node.Content) && !d.full(); i += 2 {
		key, value := s.node.Content[i], s.node.Content[i+1]
		f := d.field(s, key, fields, seen)
		if f == nil {
			continue
		}
		d.value(spot{value, key, join(s.path, f.name), *f}, v.FieldByIndex(f.index))
	}
	for _, f := range fields {
		if _, ok := seen[f.name]; f.required && !ok {
			d.at(d.keyOr(s), fmt.Sprintf("%s is missing%s", f.name, in(s.rules.name)),
				wantOf(v.FieldByIndex(f.index).Type(), f), "")
		}
	}
}

// field finds the field that key names; nil, and a mistake, if there is none
// or it stands here for the second time.
func (d *decoder) field(s spot, key *yaml.Node, fields []rules, seen map[string]bool) *rules {
	if key.Kind != yaml.ScalarNode {
		if key.Kind != yaml.AliasNode {
			d.at(key, "a key that is "+describe(key), list(names(fields)), "")
		}
		return nil
	}
	if isMerge(key) {
		return nil // said once already, for the whole tree
	}
	for i := range fields {
		if fields[i].name != key.Value {
			continue
		}
		if seen[key.Value] {
			d.at(key, fmt.Sprintf("%s stands here twice%s", key.Value, in(s.rules.name)), "every key once", "")
			return nil
		}
		seen[key.Value] = true
		return &fields[i]
	}
	var free []string
	for _, f := range fields {
		if !seen[f.name] {
			free = append(free, f.name)
		}
	}
	hint := meant(key.Value, free)
	if hint == "" {
		hint = meant(key.Value, names(fields))
	}
	if near := suggest(key.Value, free); near != "" {
		seen[near] = false
	} else if only := onlyMissing(s.node, fields); only != "" && !told(seen, only) {
		seen[only] = false
		hint = fmt.Sprintf("did you mean %q? It is missing", only)
	}
	d.at(key, fmt.Sprintf("unknown key %s%s", quoted(key.Value), in(s.rules.name)), list(names(fields)), hint)
	return nil
}

func told(seen map[string]bool, name string) bool {
	_, ok := seen[name]
	return ok
}

// onlyMissing is the one required field that a mapping lacks; "" where it lacks
// none, or several.
func onlyMissing(mapping *yaml.Node, fields []rules) string {
	there := map[string]bool{}
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		there[mapping.Content[i].Value] = true
	}
	only := ""
	for _, f := range fields {
		if !f.required || there[f.name] {
			continue
		}
		if only != "" {
			return ""
		}
		only = f.name
	}
	return only
}

// keyOr is the node to point at when s as a whole is at fault.
func (d *decoder) keyOr(s spot) *yaml.Node {
	if s.key != nil {
		return s.key
	}
	return s.node
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

func in(name string) string {
	if name == "" {
		return ""
	}
	return " in " + name
}
