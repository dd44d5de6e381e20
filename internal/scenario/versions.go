package scenario

import (
	"fmt"
	"reflect"

	"gopkg.in/yaml.v3"
)

// Versions is one version for every backend or, written as a mapping, one for
// each backend that it names. The zero Versions asks for none.
type Versions struct {
	Every string
	Of    []BackendVersion // in the order of the file
}

// BackendVersion is the version of a backend.
type BackendVersion struct{ Backend, Version string }

// For is the version that a backend has to have; "" for any.
func (v Versions) For(backend string) string {
	for _, of := range v.Of {
		if of.Backend == backend {
			return of.Version
		}
	}
	return v.Every
}

var versionsType = reflect.TypeFor[Versions]()

// versions decodes either form.
func (d *decoder) versions(s spot, v *Versions) {
	if s.node.Kind != yaml.MappingNode {
		d.value(s, reflect.ValueOf(&v.Every).Elem())
		return
	}
	if len(s.node.Content) == 0 {
		d.at(s.node, s.rules.name+" is empty", "a version, or one for each backend", "")
		return
	}
	v.Of = make([]BackendVersion, 0, len(s.node.Content)/2) // never moved: places are known by address
	seen := map[string]bool{}
	for i := 0; i+1 < len(s.node.Content) && !d.full(); i += 2 {
		key, value := s.node.Content[i], s.node.Content[i+1]
		switch {
		case key.Kind != yaml.ScalarNode || isMerge(key):
			if key.Kind != yaml.AliasNode && !isMerge(key) {
				d.at(key, "a key that is "+describe(key), "the name of a backend", "")
			}
			continue
		case seen[key.Value]:
			d.at(key, fmt.Sprintf("%s stands here twice%s", printable(key.Value), in(s.rules.name)), "every backend once", "")
			continue
		}
		seen[key.Value] = true
		v.Of = append(v.Of, BackendVersion{Backend: key.Value})
		of := &v.Of[len(v.Of)-1]
		d.nodes[&of.Backend] = key
		rules := s.rules
		rules.name = printable(key.Value)
		d.value(spot{value, key, join(s.path, key.Value), rules}, reflect.ValueOf(&of.Version).Elem())
	}
}

// versions checks that each backend is one, and that the traffic comes to it.
func (v *validator) versions(all *Versions) {
	for i := range all.Of {
		name, known := &all.Of[i].Backend, v.backendNames()
		switch {
		case !v.s.certain() || v.bad[name]:
		case v.backendNamed(*name) == nil:
			v.report(list(known), meant(*name, known), fmt.Sprintf("unknown backend %s", quoted(*name)), name)
		case v.s.TrafficFrontend() != nil && !v.s.Reached(*name):
			v.report("a backend that the traffic goes to", "", fmt.Sprintf("no traffic reaches backend %s", *name), name)
		}
	}
}

// versionsSchema is that of either form.
func versionsSchema(r rules) object {
	return object{"oneOf": []object{text(r), {"type": "object", "minProperties": 1, "additionalProperties": text(r)}}}
}
