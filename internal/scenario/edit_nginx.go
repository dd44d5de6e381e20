package scenario

import (
	"strings"

	"gopkg.in/yaml.v3"
)

// The keys under which a scenario names an nginx version: of a server or of a
// step that starts one, and in the Server header that a step waits for.
const (
	nginxKey    = "nginx"
	headerKey   = "header"
	headerBegin = "nginx/"
)

// NginxEdit puts other nginx versions in the place of those that it has, all
// at once: with {"1.18.0": "1.22.1", "1.22.1": "1.26.3"} no server goes from
// the first to the last. It reaches servers, the arguments of steps however
// deep, the Server headers that steps wait for and expect.version; the text of a run step is
// the user's own and stays.
type NginxEdit map[string]string

func (e NginxEdit) edit(root *yaml.Node) error {
	eachNginx(root, func(key string, n *yaml.Node) {
		begin, version := "", n.Value
		if key == headerKey {
			begin, version = n.Value[:len(headerBegin)], n.Value[len(headerBegin):]
		}
		if to, ok := e[version]; ok {
			setText(n, begin+to)
		}
	})
	for _, n := range endVersions(root) {
		if to, ok := e[n.Value]; ok {
			setText(n, to)
		}
	}
	return nil
}

// endVersions are the values of expect.version.
func endVersions(root *yaml.Node) []*yaml.Node {
	expect := child(root, "expect")
	if expect == nil {
		return nil
	}
	switch v := child(expect, "version"); {
	case v == nil:
		return nil
	case v.Kind == yaml.ScalarNode:
		return []*yaml.Node{v}
	case v.Kind == yaml.MappingNode:
		var out []*yaml.Node
		for i := 1; i < len(v.Content); i += 2 {
			if v.Content[i].Kind == yaml.ScalarNode {
				out = append(out, v.Content[i])
			}
		}
		return out
	}
	return nil
}

// NginxVersions are the nginx versions that the scenario names, each once, in
// the order of the file: servers first where they stand first.
func (s *Scenario) NginxVersions() []string {
	var doc yaml.Node
	if yaml.Unmarshal(s.Source, &doc) != nil || len(doc.Content) == 0 {
		return nil
	}
	var out []string
	seen := map[string]bool{}
	eachNginx(doc.Content[0], func(key string, n *yaml.Node) {
		if key == nginxKey && !seen[n.Value] {
			seen[n.Value] = true
			out = append(out, n.Value)
		}
	})
	return out
}

// eachNginx yields every scalar that names an nginx version, with its key.
func eachNginx(n *yaml.Node, yield func(key string, n *yaml.Node)) {
	if n.Kind != yaml.MappingNode {
		for _, c := range n.Content {
			eachNginx(c, yield)
		}
		return
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i].Value, n.Content[i+1]
		switch {
		case value.Kind != yaml.ScalarNode:
			eachNginx(value, yield)
		case key == nginxKey,
			key == headerKey && len(value.Value) > len(headerBegin) && strings.EqualFold(value.Value[:len(headerBegin)], headerBegin):
			yield(key, value)
		}
	}
}

// setText makes a node this word, number or text; the encoder quotes it where
// it has to.
func setText(n *yaml.Node, text string) {
	*n = yaml.Node{Kind: yaml.ScalarNode, Value: text,
		HeadComment: n.HeadComment, LineComment: n.LineComment, FootComment: n.FootComment}
}
