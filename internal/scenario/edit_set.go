package scenario

import (
	"fmt"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// SetEdit sets the value at a path, such as traffic.new.rate or
// backends[0].servers[1].weight. Mappings on the way that are not there are
// made, and an index one past the end adds to a list. The value is a scalar as
// it is, or a list or mapping in YAML's flow style: [redispatch].
type SetEdit struct{ Path, Value string }

func (e SetEdit) edit(root *yaml.Node) error {
	path, err := parsePath(e.Path)
	if err != nil {
		return err
	}
	n := root
	for i, part := range path {
		if n, err = part.step(n); err != nil {
			return fmt.Errorf("%s: %s %w", e.Path, pathText(path[:i]), err)
		}
	}
	value, err := e.node()
	if err != nil {
		return err
	}
	value.LineComment = n.LineComment
	*n = *value
	return nil
}

// node is the value as YAML has it.
func (e SetEdit) node() (*yaml.Node, error) {
	n := &yaml.Node{}
	if !strings.HasPrefix(e.Value, "[") && !strings.HasPrefix(e.Value, "{") {
		setText(n, e.Value)
		return n, nil
	}
	if err := yaml.Unmarshal([]byte(e.Value), n); err != nil {
		return nil, fmt.Errorf("%s: the value %s is no list or mapping: %w", e.Path, printable(e.Value), err)
	}
	return n.Content[0], nil
}

// pathPart is a key of a mapping or, where the key is empty, an index of a
// list.
type pathPart struct {
	key   string
	index int
}

// No list of a scenario is longer than maxIndex, and no path, in bytes, than
// maxPath.
const (
	maxIndex = 100_000
	maxPath  = 500
)

func parsePath(text string) ([]pathPart, error) {
	bad := fmt.Errorf("%s is no path, as in traffic.new.rate or backends[0].balance", quoted(text))
	if len(text) > maxPath {
		return nil, bad
	}
	var out []pathPart
	for word := range strings.SplitSeq(text, ".") {
		key, rest, indexed := strings.Cut(word, "[")
		if key == "" || strings.ContainsAny(key, "] \t\n") {
			return nil, bad
		}
		out = append(out, pathPart{key: key})
		for indexed {
			var number string
			var closed bool
			if number, rest, closed = strings.Cut(rest, "]"); !closed {
				return nil, bad
			}
			index, err := strconv.ParseUint(number, 10, 32)
			if err != nil || index > maxIndex {
				return nil, bad
			}
			out = append(out, pathPart{index: int(index)})
			if rest == "" {
				break
			}
			if !strings.HasPrefix(rest, "[") {
				return nil, bad
			}
			rest = rest[1:]
		}
	}
	return out, nil
}

// step goes one part down from n, and makes what is not there.
func (p pathPart) step(n *yaml.Node) (*yaml.Node, error) {
	if n.IsZero() || isNull(n) {
		*n = yaml.Node{Kind: yaml.MappingNode}
		if p.key == "" {
			n.Kind = yaml.SequenceNode
		}
	}
	added := &yaml.Node{}
	switch {
	case p.key == "" && n.Kind != yaml.SequenceNode:
		return nil, fmt.Errorf("is %s, not a list", describe(n))
	case p.key == "" && p.index > len(n.Content):
		return nil, fmt.Errorf("has %d entries, counted from 0: there is no [%d]", len(n.Content), p.index)
	case p.key == "" && p.index < len(n.Content):
		return n.Content[p.index], nil
	case p.key == "":
		n.Content = append(n.Content, added)
		return added, nil
	case n.Kind != yaml.MappingNode:
		return nil, fmt.Errorf("is %s, not a mapping", describe(n))
	}
	if value := child(n, p.key); value != nil {
		return value, nil
	}
	n.Content = append(n.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: p.key}, added)
	return added, nil
}

// pathText writes a path; the empty one is the whole.
func pathText(path []pathPart) string {
	var b strings.Builder
	for _, p := range path {
		switch {
		case p.key == "":
			fmt.Fprintf(&b, "[%d]", p.index)
		case b.Len() > 0:
			b.WriteString("." + p.key)
		default:
			b.WriteString(p.key)
		}
	}
	if b.Len() == 0 {
		return "the scenario"
	}
	return printable(b.String())
}
