package upgrade

import (
	"errors"
	"fmt"

	"halab/internal/haproxy"
	"halab/internal/scenario"
)

// ErrNothingProtects says that no step of a scenario protects the traffic, so
// that there is nothing to leave out.
var ErrNothingProtects = errors.New("no step puts a server into maintenance or drain")

// Control is the scenario without its protecting step, and what was done to
// it in words. A run of it has to lose requests: a test that cannot fail
// proves nothing.
//
// The protecting step is the one that the scenario names, else the last that
// puts a server into maintenance or drain. Where the procedure does nothing
// else to that server, the control stops it instead, which is what the
// maintenance makes room for. Steps that wait for the state which now never
// comes are left out too.
func Control(s *scenario.Scenario) (*scenario.Scenario, string, error) {
	index, ref, err := protecting(s)
	if err != nil {
		return nil, "", err
	}
	edit := scenario.StepEdit{Index: index}
	what := fmt.Sprintf("without step %d %s", index+1, s.Steps[index].Text)
	if !stoppedLater(s, index, ref) {
		edit.YAML = "stop: " + ref.String()
		what = fmt.Sprintf("with stop: %s in place of step %d %s", ref, index+1, s.Steps[index].Text)
	}
	edits := []scenario.Edit{edit}
	for i := index + 1; i < len(s.Steps); i++ {
		if e, ok := s.Steps[i].Args.(*expect); ok && e.Server == ref && (e.State == "MAINT" || e.State == "DRAIN") {
			edits = append(edits, scenario.StepEdit{Index: i})
		}
	}
	control, err := s.Edited(Kinds(), edits...)
	return control, what, err
}

// protecting finds the step to leave out and the server that it protects.
func protecting(s *scenario.Scenario) (int, haproxy.ServerRef, error) {
	for i := len(s.Steps) - 1; i >= 0; i-- {
		state, ok := s.Steps[i].Args.(*setState)
		if !ok || s.ProtectingStep != 0 && s.ProtectingStep != i+1 {
			continue
		}
		if s.ProtectingStep != 0 || state.state != haproxy.Ready {
			return i, state.Server, nil
		}
	}
	if s.ProtectingStep != 0 {
		return 0, haproxy.ServerRef{}, fmt.Errorf("step %d: %w", s.ProtectingStep, ErrNothingProtects)
	}
	return 0, haproxy.ServerRef{}, ErrNothingProtects
}

func stoppedLater(s *scenario.Scenario, index int, ref haproxy.ServerRef) bool {
	for _, step := range s.Steps[index+1:] {
		switch args := step.Args.(type) {
		case *end:
			if args.Server == ref {
				return true
			}
		case *replace:
			if args.Server == ref {
				return true
			}
		}
	}
	return false
}
