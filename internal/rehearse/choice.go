package rehearse

import (
	"context"
	"fmt"
	"strings"

	"halab/internal/haproxy"
	"halab/internal/history"
	"halab/internal/lab"
	"halab/internal/scenario"
	"halab/internal/software"
	"halab/internal/upgrade"
)

// Choice is a runtime with the programs that a scenario needs in it.
type Choice struct {
	Runtime  string // its name
	Why      string // why this runtime
	Programs lab.Programs
}

// Start brings a lab of the scenario up, in a runtime of its own.
func (c Choice) Start(ctx context.Context, s *scenario.Scenario, o lab.Options) (*lab.Lab, error) {
	rt, err := Runtime(c.Runtime)
	if err != nil {
		return nil, err
	}
	return lab.Start(ctx, s, rt, c.Programs, o)
}

// stepRole is the role of a program that a step starts: it is at hand, but no
// server begins with it.
func stepRole(w software.Want) string { return "step " + w.String() }

// Program is the program of this version that a step starts.
func (c Choice) Program(w software.Want) (software.Program, error) {
	p, ok := c.Programs[stepRole(w)]
	if !ok {
		return software.Program{}, fmt.Errorf("%s was not looked for before the run", w)
	}
	return p, nil
}

// wants are the programs of a scenario by role.
func wants(s *scenario.Scenario) (map[string]software.Want, error) {
	out := map[string]software.Want{}
	add := func(role, name, version string) error {
		v, err := haproxy.ParseVersion(version)
		out[role] = software.Want{Name: name, Version: v}
		return err
	}
	if err := add(lab.HAProxyRole, "haproxy", s.HAProxy.Version); err != nil {
		return nil, err
	}
	for _, b := range s.Backends {
		for _, srv := range b.Servers {
			if err := add(b.Name+"/"+srv.Name, "nginx", srv.Nginx); err != nil {
				return nil, err
			}
		}
	}
	for _, need := range upgrade.Needs(s) {
		out[stepRole(need.Want)] = need.Want
	}
	return out, nil
}

// Software tells what runs, HAProxy first, then the servers in order, and then
// what steps start on a server later.
func (c Choice) Software(s *scenario.Scenario) []history.Software {
	all, _ := wants(s) // the scenario was validated
	var out []history.Software
	tell := func(role, of string) {
		p := c.Programs[of]
		out = append(out, history.Software{Role: role, Name: all[of].Name,
			Asked: all[of].Version.String(), Got: p.Got.String(), Source: p.Source, Substitute: p.Substitute})
	}
	tell(lab.HAProxyRole, lab.HAProxyRole)
	for _, ref := range s.ServerRefs() {
		tell(ref.String(), ref.String())
	}
	for _, need := range upgrade.Needs(s) {
		role := need.Server.String()
		if need.Server.IsZero() {
			role = lab.HAProxyRole
		}
		tell(role, stepRole(need.Want))
	}
	return out
}

// Header turns a Server header of the scenario into the one that the program
// which really runs sends: nginx/1.19.8 into nginx/1.22.1, where that is its
// substitute.
func (c Choice) Header(s *scenario.Scenario) func(string) string {
	actual := map[string]string{}
	for _, p := range c.Software(s) {
		actual[strings.ToLower(fmt.Sprintf("%s/%s", p.Name, p.Asked))] = p.Name + "/" + p.Got
	}
	return func(asked string) string {
		if got, ok := actual[strings.ToLower(asked)]; ok {
			return got
		}
		return asked
	}
}
