package scenario

import (
	"errors"
	"fmt"

	"gopkg.in/yaml.v3"
)

// Edit is one change of a scenario's YAML: StepEdit, SetEdit or NginxEdit.
type Edit interface {
	// edit changes the root of the document. A step that is dropped becomes
	// the zero node, so that the indices of later edits hold.
	edit(root *yaml.Node) error
}

// Edited is the scenario with some things changed: a scenario of its own,
// with a source of its own, in which everything else is as it was. Comments
// may move. Its error is that of Parse where the result is no valid scenario,
// and any other one where there is nothing to edit.
func (s *Scenario) Edited(kinds []StepKind, edits ...Edit) (*Scenario, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal(s.Source, &doc); err != nil {
		return nil, fmt.Errorf("edit the scenario: %w", err)
	}
	root := doc.Content[0]
	for _, e := range edits {
		if err := e.edit(root); err != nil {
			return nil, fmt.Errorf("edit the scenario: %w", err)
		}
	}
	if steps := child(root, "steps"); steps != nil {
		kept := steps.Content[:0]
		for _, n := range steps.Content {
			if !n.IsZero() {
				kept = append(kept, n)
			}
		}
		steps.Content = kept
	}
	text, err := yaml.Marshal(&doc)
	if err != nil {
		return nil, fmt.Errorf("edit the scenario: %w", err)
	}
	return Parse(s.File, text, kinds)
}

// StepEdit says what becomes of one step: it is replaced by the step that
// YAML spells, such as "stop: bk_app/nginx2", or dropped where YAML is empty.
type StepEdit struct {
	Index int // from 0, in the scenario as it was
	YAML  string
}

func (e StepEdit) edit(root *yaml.Node) error {
	steps := child(root, "steps")
	if steps == nil {
		return errors.New("it has no steps")
	}
	if e.Index < 0 || e.Index >= len(steps.Content) {
		return fmt.Errorf("it has no step %d", e.Index+1)
	}
	if e.YAML == "" {
		steps.Content[e.Index] = &yaml.Node{}
		return nil
	}
	var step yaml.Node
	if err := yaml.Unmarshal([]byte(e.YAML), &step); err != nil {
		return err
	}
	steps.Content[e.Index] = step.Content[0]
	return nil
}

// child is the value of a key of a mapping, or nil.
func child(n *yaml.Node, key string) *yaml.Node {
	for i := 0; n.Kind == yaml.MappingNode && i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i+1]
		}
	}
	return nil
}
