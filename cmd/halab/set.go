package main

import (
	"strings"

	"halab/internal/scenario"
	"halab/internal/upgrade"
)

// edited sets values of scenarios, PATH=VALUE each. The lines of a mistake are
// those of the scenario that came of it.
func edited(all []*scenario.Scenario, set []string) ([]*scenario.Scenario, error) {
	if len(set) == 0 {
		return all, nil
	}
	var edits []scenario.Edit
	for _, text := range set {
		path, value, ok := strings.Cut(text, "=")
		if !ok {
			return nil, usagef("--set %s: want PATH=VALUE, as in traffic.new.rate=200", text)
		}
		edits = append(edits, scenario.SetEdit{Path: path, Value: value})
	}
	out := make([]*scenario.Scenario, len(all))
	for i, s := range all {
		var err error
		if out[i], err = s.Edited(upgrade.Kinds(), edits...); err != nil {
			return nil, usagef("--set %s: %w", strings.Join(set, " --set "), err)
		}
	}
	return out, nil
}
