package upgrade

import (
	"errors"
	"fmt"
	"slices"

	"halab/internal/haproxy"
	"halab/internal/scenario"
)

// ErrNothingProtects says that there is no step to leave out, and what to
// write instead.
var ErrNothingProtects = errors.New("no step to leave out")

// Control is the scenario without its protecting step, and what was done to
// it in words. A run of it has to lose requests: a test that cannot fail
// proves nothing.
//
// The protecting step is the one that the scenario names, else the last that
// puts a server into maintenance or drain, itself or among the steps that it
// stands for, with those before it that had put the same server there. Where
// the procedure does not end the server later, the control stops it instead,
// which is what the maintenance makes room for; where it starts it again at once,
// the server stays away for a while first. Steps that wait for what now never
// comes are left out too.
//
// The control has the text of the scenario that it was made of. Its steps
// alone differ, each with the line that it came from.
func Control(s *scenario.Scenario) (*scenario.Scenario, string, error) {
	left, err := protecting(s)
	if err != nil {
		return nil, "", err
	}
	l := newLeaving(s, left)
	control := *s
	control.Steps = nil
	for i, step := range s.Steps {
		l.inside = slices.Contains(left, i)
		if l.inside && len(takesOut(s, step)) == 0 {
			continue // named, and no maintenance: it goes as a whole
		}
		control.Steps = append(control.Steps, l.steps([]scenario.Step{step})...)
	}
	return &control, l.what(left), nil
}

// protecting finds the steps to leave out, by their place in the scenario.
func protecting(s *scenario.Scenario) ([]int, error) {
	if n := s.ProtectingStep; n > len(s.Steps) {
		return nil, fmt.Errorf("%w: protecting-step names step %d, and the last is %d", ErrNothingProtects, n, len(s.Steps))
	} else if n > 0 {
		return []int{n - 1}, nil
	}
	for i := len(s.Steps) - 1; i >= 0; i-- {
		if out := takesOut(s, s.Steps[i]); len(out) > 0 {
			return append(alsoOut(s, i, out), i), nil
		}
	}
	const instead = "write the control as a scenario of its own, without what protects and with expect: {verdict: FAIL}"
	if handsOver(s) {
		return nil, fmt.Errorf("%w: what protects here is how one HAProxy hands over to another (its listening sockets, option idle-close-on-response), and that is no step; %s", ErrNothingProtects, instead)
	}
	return nil, fmt.Errorf("%w: none puts a server into maintenance or drain; name the one that protects with protecting-step: N, or %s", ErrNothingProtects, instead)
}

// handsOver tells whether one HAProxy hands over to another.
func handsOver(s *scenario.Scenario) bool {
	for step := range whole(s).simple {
		switch args := step.run.(type) {
		case *reload:
			if args.Server.IsZero() {
				return true
			}
		case *upgradeTo:
			if args.HAProxy != "" {
				return true
			}
		}
	}
	return false
}

// alsoOut are the steps before the one at index that have put one of its
// servers out of service already, since it was last made ready: drain, and
// then maint.
func alsoOut(s *scenario.Scenario, index int, servers []haproxy.ServerRef) []int {
	var also []int
	for i := range index {
		for simple := range written(s, s.Steps[i]) {
			args, ok := simple.Args.(*setState)
			switch {
			case !ok || !slices.Contains(servers, args.Server):
			case args.state == haproxy.Ready:
				also = nil
			case !slices.Contains(also, i):
				also = append(also, i)
			}
		}
	}
	return also
}

// takesOut are the servers that a step puts into maintenance or drain.
func takesOut(s *scenario.Scenario, step scenario.Step) []haproxy.ServerRef {
	var out []haproxy.ServerRef
	for simple := range written(s, step) {
		if args, ok := simple.Args.(*setState); ok && args.state != haproxy.Ready && !slices.Contains(out, args.Server) {
			out = append(out, args.Server)
		}
	}
	return out
}

// written yields the simple steps that steps stand for, in order, those of a
// group one after the other.
func written(s *scenario.Scenario, steps ...scenario.Step) func(yield func(scenario.Step) bool) {
	return func(yield func(scenario.Step) bool) { each(s, steps, yield) }
}

func each(s *scenario.Scenario, steps []scenario.Step, yield func(scenario.Step) bool) bool {
	for _, step := range steps {
		inner, compound := inside(s, step)
		if !compound && !yield(step) || compound && !each(s, inner, yield) {
			return false
		}
	}
	return true
}

// inside are the steps that a step stands for or holds, with its place where
// they have none; false for a simple one.
func inside(s *scenario.Scenario, step scenario.Step) ([]scenario.Step, bool) {
	var inner []scenario.Step
	switch args := step.Args.(type) {
	case expander:
		inner = args.expand(s)
	case *parallel:
		inner = args.Steps
	default:
		return nil, false
	}
	inner = slices.Clone(inner)
	for i := range inner {
		if inner[i].Pos == (scenario.Pos{}) {
			inner[i].Pos = step.Pos
		}
	}
	return inner, true
}
