// Package mutate owns mutation testing for upgrade procedures: it makes broken
// procedures of a sound one and says of each that its scenario's expectations
// let pass whether that is a hole in them.
//
// It never runs one.
package mutate

import (
	"fmt"

	"halab/internal/scenario"
	"halab/internal/upgrade"
)

// Mutant is a procedure with one thing done wrong.
type Mutant struct {
	// Name is the same in every run: the step's number in the plan, the
	// operator and the kind of step, as in 2-drop-maint.
	Name string
	What string // in words: without step 2 maint: bk_app/nginx2
	// Scenario is the broken one; nil where Refused or Equivalent says why it
	// need not be run.
	Scenario *scenario.Scenario
	// Refused is what Parse says of a procedure that is no valid one.
	Refused error
	// Equivalent is why nothing that clients see can differ.
	Equivalent string

	operator string
	of       procedure
	at       int // index of the unit that was changed
}

// Mutants are the mutants of a scenario, in the order of its steps.
func Mutants(s *scenario.Scenario) ([]Mutant, error) {
	p, err := newProcedure(s)
	if err != nil {
		return nil, err
	}
	var out []Mutant
	for i, u := range p {
		for _, op := range operators() {
			c, ok := op.apply(p, i)
			if !ok {
				continue
			}
			m := Mutant{Name: fmt.Sprintf("%d-%s-%s", u.number, op.name, u.kind), What: c.what, operator: op.name, of: p, at: i}
			if m.Equivalent = c.equivalent; m.Equivalent == "" {
				m.Scenario, m.Refused = s.Edited(upgrade.Kinds(), p.edits(c)...)
			}
			out = append(out, m)
		}
	}
	return out, nil
}
