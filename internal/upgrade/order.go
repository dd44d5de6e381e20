package upgrade

import (
	"fmt"
	"maps"

	"halab/internal/haproxy"
	"halab/internal/scenario"
)

// life is what is known of a server's nginx at a place in a plan.
type life int

const (
	unknown life = iota
	runs
	ended
)

// lived is implemented by a kind that wants a server's nginx to run, or to
// have ended, and leaves it so or otherwise.
type lived interface {
	life() (ref haproxy.ServerRef, wants, leaves life)
}

func (s *end) life() (haproxy.ServerRef, life, life)       { return s.Server, runs, ended }
func (s *start) life() (haproxy.ServerRef, life, life)     { return s.Server, ended, runs }
func (r *replace) life() (haproxy.ServerRef, life, life)   { return r.Server, runs, runs }
func (p *pause) life() (haproxy.ServerRef, life, life)     { return p.Server, runs, runs }
func (r *reload) life() (haproxy.ServerRef, life, life)    { return r.Server, runs, runs }
func (u *upgradeTo) life() (haproxy.ServerRef, life, life) { return u.Server, runs, runs }

// CheckOrder reports the steps of a scenario that cannot
// be carried out after the steps before them: a server is stopped that has
// ended, or started that runs. What may be so and may be otherwise, because a
// command of the user's came before or another step runs beside it, is left to
// the run.
func CheckOrder(s *scenario.Scenario) scenario.Errors {
	plan, err := Compile(s, s.Steps, 1)
	if err != nil {
		return nil // Run says so
	}
	o := &order{s: s}
	begin := lives{}
	for _, ref := range s.ServerRefs() {
		begin[ref] = known{life: runs}
	}
	o.walk(plan, begin)
	// A step that failed may have been any of them.
	if back, err := Compile(s, s.OnFailure, plan.Size()+1); err == nil {
		o.walk(back, lives{})
	}
	return o.mistakes
}

// lives is what is known of each server; nothing where one is missing.
type lives map[haproxy.ServerRef]known

type known struct {
	life
	by Planned // the step that left it so; none where it began so
}

type order struct {
	s        *scenario.Scenario
	mistakes scenario.Errors
}

// walk follows a plan and changes l to what is known after it.
func (o *order) walk(plan Plan, l lives) {
	for _, step := range plan {
		switch kind := step.run.(type) {
		case *command:
			if !kind.Looks {
				clear(l)
			}
		case *manual:
			clear(l)
		case lived:
			o.step(step, kind, l)
		}
		switch len(step.Lanes) {
		case 0:
		case 1: // nothing runs beside it
			o.walk(step.Lanes[0], l)
		default:
			o.sideBySide(step, l)
		}
	}
}

// sideBySide forgets what the lanes change: which comes first is not known.
func (o *order) sideBySide(step Planned, l lives) {
	before := maps.Clone(l)
	for _, lane := range step.Lanes {
		after := maps.Clone(before)
		o.walk(lane, after)
		for ref, was := range before {
			if after[ref].life != was.life {
				delete(l, ref)
			}
		}
	}
}

func (o *order) step(step Planned, kind lived, l lives) {
	ref, wants, leaves := kind.life()
	if ref.IsZero() {
		return // HAProxy
	}
	switch was := l[ref]; {
	case was.life == ended && wants == runs:
		o.mistake(step, fmt.Sprintf("nginx of %s has ended before: step %d %s", ref, was.by.Index, was.by.Text), "start: "+ref.String()+" before this step")
	case was.life == runs && wants == ended:
		o.mistake(step, fmt.Sprintf("nginx of %s runs already", ref), "a step before this one that ends it, as in: quit: "+ref.String())
	case was.life != leaves:
		l[ref] = known{leaves, step}
	}
}

// mistake reports one at the step of the scenario, once for each.
func (o *order) mistake(step Planned, msg, want string) {
	e := o.s.Mistake(step.Pos, msg, want)
	for _, m := range o.mistakes {
		if m.Line == e.Line && m.Col == e.Col {
			return
		}
	}
	o.mistakes = append(o.mistakes, e)
}
