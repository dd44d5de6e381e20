package matrix

import (
	"errors"
	"fmt"

	"halab/internal/haproxy"
	"halab/internal/scenario"
)

// ErrNoNew says that a scenario has one nginx version alone, so that an axis
// "to" has nothing to replace.
var ErrNoNew = errors.New("the scenario has no second nginx version, which --to would replace")

// Plan is a matrix before it is run.
type Plan struct {
	Scenario *scenario.Scenario
	Axes     []Axis
	Places   []Place
	old, new string // the nginx versions that from and to replace
}

// NewPlan makes the product of the axes over a scenario.
func NewPlan(s *scenario.Scenario, axes []Axis) (*Plan, error) {
	if err := CheckAxes(axes); err != nil {
		return nil, err
	}
	p := &Plan{Scenario: s, Axes: axes, Places: Product(axes)}
	p.old = oldVersion(s)
	p.new = newVersion(s, p.old)
	for _, a := range axes {
		if a.Name == ToAxis && p.new == "" {
			return nil, ErrNoNew
		}
	}
	return p, nil
}

// Cell is the scenario of one cell. Its mistakes name the cell beside the
// file.
func (p *Plan) Cell(place Place, kinds []scenario.StepKind) (*scenario.Scenario, error) {
	nginx := scenario.NginxEdit{}
	edits := []scenario.Edit{nginx}
	for i, a := range p.Axes {
		switch a.Name {
		case FromAxis:
			nginx[p.old] = place.Values[i]
		case ToAxis:
			nginx[p.new] = place.Values[i]
		default:
			edits = append(edits, scenario.SetEdit{Path: a.path(), Value: place.Values[i]})
		}
	}
	return p.Scenario.Edited(kinds, edits...)
}

// Cells are the scenarios of all places, in their order. The mistakes of all
// are told at once, each once however many cells have it; their lines are
// those of the scenario as the cell has it.
func (p *Plan) Cells(kinds []scenario.StepKind) ([]*scenario.Scenario, error) {
	var out []*scenario.Scenario
	var all mistakes
	for _, place := range p.Places {
		s, err := p.Cell(place, kinds)
		var wrong scenario.Errors
		switch {
		case errors.As(err, &wrong):
			all.add(place.ID, wrong)
		case err != nil:
			return nil, fmt.Errorf("cell %s: %w", place.ID, err)
		default:
			out = append(out, s)
		}
	}
	if errs := all.told(); len(errs) > 0 {
		return nil, errs
	}
	return out, nil
}

// oldVersion is the nginx version that the procedure leaves: that of the
// server which the switch is from, else that of most active servers, the
// first one of several.
func oldVersion(s *scenario.Scenario) string {
	if w := s.Expect.Switch; w != nil {
		if v := versionOf(s, w.From); v != "" {
			return v
		}
	}
	count := map[string]int{}
	for _, ref := range s.ServerRefs() {
		if srv := s.Server(ref); !srv.Backup {
			count[srv.Nginx]++
		}
	}
	most := ""
	for _, ref := range s.ServerRefs() {
		if v := s.Server(ref).Nginx; count[v] > count[most] {
			most = v
		}
	}
	return most
}

// newVersion is the nginx version that the procedure brings: that of the
// server which the switch is to, else the first one in the file that is not
// the old one; "" where there is none.
func newVersion(s *scenario.Scenario, old string) string {
	if w := s.Expect.Switch; w != nil {
		if v := versionOf(s, w.To); v != "" && v != old {
			return v
		}
	}
	for _, v := range s.NginxVersions() {
		if v != old {
			return v
		}
	}
	return ""
}

func versionOf(s *scenario.Scenario, server string) string {
	ref, err := haproxy.ParseServerRef(server)
	if err != nil {
		return ""
	}
	if srv := s.Server(ref); srv != nil {
		return srv.Nginx
	}
	return ""
}
