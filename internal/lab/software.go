package lab

import (
	"fmt"

	"halab/internal/scenario"
)

// Software is the program that a role of a lab began with.
type Software struct {
	Role       string `json:"role"` // HAProxyRole, or backend/server
	Name       string `json:"name"`
	Asked      string `json:"asked"`
	Got        string `json:"got"`
	Source     string `json:"source"`
	Substitute bool   `json:"substitute"` // got is not what was asked for
}

// String is the program for people, a substitute as one.
func (s Software) String() string {
	text := s.Name + " " + s.Got
	if s.Substitute {
		text += fmt.Sprintf(" (SUBSTITUTE for %s)", s.Asked)
	}
	return text
}

// begunWith are the programs of a lab, HAProxy first, then the servers in
// order.
func begunWith(s *scenario.Scenario, programs Programs) []Software {
	roles := []string{HAProxyRole}
	for _, ref := range s.ServerRefs() {
		roles = append(roles, ref.String())
	}
	var out []Software
	for _, role := range roles {
		if p, ok := programs[role]; ok {
			out = append(out, Software{role, p.Name, p.Asked.String(), p.Got.String(), p.Source, p.Substitute})
		}
	}
	return out
}
