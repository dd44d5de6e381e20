package scenario

import (
	"fmt"

	"gopkg.in/yaml.v3"
)

// StepEdit says what becomes of one step: it is replaced by the step that
// YAML spells, such as "stop: bk_app/nginx2", or dropped where YAML is empty.
type StepEdit struct {
	Index int // from 0
	YAML  string
}

// Edited is the scenario with some of its steps changed: a scenario of its
// own, with a source of its own, in which everything else is as it was.
// Comments may move. Its error is that of Parse where the result is no valid
// scenario.
func (s *Scenario) Edited(kinds []StepKind, edits ...StepEdit) (*Scenario, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal(s.Source, &doc); err != nil {
		return nil, fmt.Errorf("edit the scenario: %w", err)
	}
	steps := child(doc.Content[0], "steps")
	if steps == nil {
		return nil, fmt.Errorf("edit the scenario: it has no steps")
	}
	for _, e := range edits {
		if e.Index < 0 || e.Index >= len(steps.Content) {
			return nil, fmt.Errorf("edit the scenario: it has no step %d", e.Index+1)
		}
		if e.YAML == "" {
			steps.Content[e.Index] = nil
			continue
		}
		var step yaml.Node
		if err := yaml.Unmarshal([]byte(e.YAML), &step); err != nil {
			return nil, fmt.Errorf("edit the scenario: %w", err)
		}
		steps.Content[e.Index] = step.Content[0]
	}
	kept := steps.Content[:0]
	for _, n := range steps.Content {
		if n != nil {
			kept = append(kept, n)
		}
	}
	steps.Content = kept
	text, err := yaml.Marshal(&doc)
	if err != nil {
		return nil, fmt.Errorf("edit the scenario: %w", err)
	}
	return Parse(s.File, text, kinds)
}

// child is the value of a key of a mapping, or nil.
func child(n *yaml.Node, key string) *yaml.Node {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i+1]
		}
	}
	return nil
}
