package haproxy

import (
	"fmt"
	"strings"
)

// AdminState is a server's administrative state: a bit mask, as in the column
// srv_admin_state of show servers state (management guide section 9.3, "show
// servers state"). Zero is ready.
type AdminState uint8

// The bits of AdminState.
const (
	FMAINT AdminState = 0x01 // maintenance, forced over the stats socket
	IMAINT AdminState = 0x02 // maintenance, inherited from a tracked server
	CMAINT AdminState = 0x04 // maintenance from the configuration (disabled)
	FDRAIN AdminState = 0x08 // drain, forced over the stats socket
	IDRAIN AdminState = 0x10 // drain, inherited from a tracked server
	RMAINT AdminState = 0x20 // maintenance because its name does not resolve
	HMAINT AdminState = 0x40 // its host name was changed over the stats socket
)

// adminBits are the names of the bits, lowest first.
var adminBits = [...]string{"FMAINT", "IMAINT", "CMAINT", "FDRAIN", "IDRAIN", "RMAINT", "HMAINT"}

// Maint says whether the server is in maintenance, whatever put it there.
// CMAINT does not count: it only tells that the configuration began so, and
// stays set after the server was made ready.
func (s AdminState) Maint() bool { return s&(FMAINT|IMAINT|RMAINT) != 0 }

// Drain says whether the server drains: no new sessions but persistent ones.
func (s AdminState) Drain() bool { return !s.Maint() && s&(FDRAIN|IDRAIN) != 0 }

// Ready says whether nothing keeps the server from traffic but its health.
func (s AdminState) Ready() bool { return !s.Maint() && !s.Drain() }

// String names the bits: "ready" for none, else "FMAINT", "FMAINT|FDRAIN".
func (s AdminState) String() string {
	if s == 0 {
		return "ready"
	}
	var names []string
	for i, name := range adminBits {
		if bit := AdminState(1) << i; s&bit != 0 {
			names = append(names, name)
			s &^= bit
		}
	}
	if s != 0 {
		names = append(names, fmt.Sprintf("%#x", uint8(s)))
	}
	return strings.Join(names, "|")
}

// OperState is a server's operational state, as in the column srv_op_state of
// show servers state.
type OperState uint8

// The operational states.
const (
	Stopped  OperState = 0 // down, or in maintenance
	Starting OperState = 1 // up and in slowstart
	Running  OperState = 2 // up
	Stopping OperState = 3 // up, but soft-stopping: takes no new sessions
)

// operNames are the names of the operational states by value.
var operNames = [...]string{"stopped", "starting", "running", "stopping"}

// String is the state in lower case.
func (s OperState) String() string {
	if int(s) < len(operNames) {
		return operNames[s]
	}
	return fmt.Sprintf("%d", uint8(s))
}
