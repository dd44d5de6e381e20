package rehearse

import (
	"fmt"

	"halab/internal/lab"
	"halab/internal/scenario"
	"halab/internal/software"
	"halab/internal/upgrade"
)

// askedFor is the first place of the scenario that asks for this program, and
// who is to run it.
func askedFor(s *scenario.Scenario, all map[string]software.Want, want software.Want) string {
	if all[lab.HAProxyRole] == want {
		return at(s, lab.HAProxyRole, "haproxy.version", "haproxy")
	}
	for b, backend := range s.Backends {
		for i, server := range backend.Servers {
			role := backend.Name + "/" + server.Name
			if all[role] == want {
				path := fmt.Sprintf("backends[%d].servers[%d]", b, i)
				return at(s, role, path+".nginx", path)
			}
		}
	}
	for _, need := range upgrade.Needs(s) {
		if need.Want == want {
			return fmt.Sprintf("%s:%d:%d (a step)", s.File, need.Pos.Line, need.Pos.Col)
		}
	}
	return s.File
}

// at is where the first of these paths that the file has stands in it.
func at(s *scenario.Scenario, role string, paths ...string) string {
	for _, path := range paths {
		if pos, ok := s.PosOf(path); ok {
			return fmt.Sprintf("%s:%d:%d (%s)", s.File, pos.Line, pos.Col, role)
		}
	}
	return fmt.Sprintf("%s (%s)", s.File, role)
}
