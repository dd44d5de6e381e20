package haproxy

import "fmt"

// ServerAction is what set server … state takes: the administrative state
// that an operator asks for.
type ServerAction string

// The administrative states to ask for.
const (
	Ready ServerAction = "ready"
	Drain ServerAction = "drain"
	Maint ServerAction = "maint"
)

// ParseServerAction reads "ready", "drain" or "maint".
func ParseServerAction(s string) (ServerAction, error) {
	switch a := ServerAction(s); a {
	case Ready, Drain, Maint:
		return a, nil
	}
	return "", fmt.Errorf("parse state %q: want ready, drain or maint", s)
}

// Done says whether a server whose administrative state is s is where the
// action puts it. Only the forced bits count: a server that inherits
// maintenance from one that it tracks stays so, and ready cannot change it.
func (a ServerAction) Done(s AdminState) bool {
	switch a {
	case Maint:
		return s&FMAINT != 0
	case Drain:
		return s&FDRAIN != 0 && s&FMAINT == 0
	case Ready:
		return s&(FMAINT|FDRAIN) == 0
	}
	return false
}
