package scenario

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

const wantStep = "one key, the kind of step, and its arguments, as in: maint: bk_app/nginx2"

// step decodes one entry of steps: a mapping of one key, the kind.
func (d *decoder) step(s spot, step *Step) {
	n := s.node
	step.Pos = Pos{n.Line, n.Column}
	if n.Kind == yaml.MappingNode && len(n.Content) == 0 {
		d.at(n, s.rules.name+" is empty", wantStep, "")
		return
	}
	if n.Kind != yaml.MappingNode {
		d.at(n, fmt.Sprintf("%s is %s, not a mapping", s.rules.name, describe(n)), wantStep, "")
		return
	}
	for i := 2; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == timeoutKey && n.Content[0].Value != timeoutKey && step.Timeout == 0 {
			d.value(spot{n.Content[i+1], n.Content[i], join(s.path, timeoutKey), rules{name: timeoutKey}}, reflect.ValueOf(&step.Timeout).Elem())
			continue
		}
		d.at(n.Content[i], fmt.Sprintf("second key %s in a step", quoted(n.Content[i].Value)), wantStep,
			"a new step begins with \"- \"; arguments stand below the kind, indented further")
	}
	key, value := n.Content[0], n.Content[1]
	kind := d.stepKind(key)
	if kind == nil {
		return
	}
	step.Kind = kind.Name
	step.Args = kind.New()
	step.Text = truncate(kind.Name+": "+brief(value), maxStepText)
	d.stepArgs(spot{value, key, join(s.path, kind.Name), rules{name: kind.Name}}, step.Args)
}

func (d *decoder) stepKind(key *yaml.Node) *StepKind {
	known := make([]string, len(d.kinds))
	for i := range d.kinds {
		if known[i] = d.kinds[i].Name; key.Kind == yaml.ScalarNode && known[i] == key.Value {
			return &d.kinds[i]
		}
	}
	if key.Kind == yaml.ScalarNode && !isMerge(key) {
		d.at(key, fmt.Sprintf("unknown step %s", quoted(key.Value)), list(known), meant(key.Value, known))
	}
	return nil
}

func (d *decoder) stepArgs(s spot, args StepArgs) {
	v := reflect.ValueOf(args).Elem()
	short, ok := args.(ShortForm)
	switch {
	case isNull(s.node) && !hasRequired(v.Type()):
		d.paths[s.path] = s.key
	case ok && s.node.Kind == yaml.ScalarNode:
		d.nodes[v.Addr().Interface()], d.paths[s.path] = s.node, s.node
		if isNull(s.node) {
			d.paths[s.path] = s.key
			d.at(s.key, s.rules.name+" has no value", wantArgs(v.Type()), "")
		} else if err := short.SetScalar(s.node.Value); err != nil {
			d.at(s.node, fmt.Sprintf("%s: %s", s.rules.name, printable(err.Error())), wantArgs(v.Type()), hintOf(err))
		}
	default:
		d.value(s, v)
	}
}

// wantArgs says what a step with a short form takes.
func wantArgs(t reflect.Type) string {
	fields := fieldsOf(t)
	if len(fields) == 0 {
		return "a value"
	}
	first := fields[0]
	return wantOf(t.FieldByIndex(first.index).Type, first) + "; or a mapping with " + strings.Join(names(fields), ", ")
}

// maxStepText is the length of Step.Text in characters.
const maxStepText = 200

// brief is a step's arguments on one line. Of a script it is the first one.
func brief(n *yaml.Node) string {
	if n.Kind != yaml.ScalarNode || n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) == 0 {
		return flow(n)
	}
	first, rest, _ := strings.Cut(strings.TrimSpace(n.Value), "\n")
	if rest != "" {
		first += " …"
	}
	return first
}

// flow writes n on one line.
func flow(n *yaml.Node) string {
	var parts []string
	switch n.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content) && len(parts) < maxStepText; i += 2 {
			parts = append(parts, flow(n.Content[i])+": "+flow(n.Content[i+1]))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case yaml.SequenceNode:
		for _, c := range n.Content[:min(len(n.Content), maxStepText)] {
			parts = append(parts, flow(c))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case yaml.ScalarNode:
		if n.Style&^yaml.TaggedStyle != 0 || strings.ContainsAny(n.Value, "\n\t") {
			return strconv.Quote(n.Value)
		}
		return n.Value
	}
	return ""
}

func truncate(text string, most int) string {
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return text
}
