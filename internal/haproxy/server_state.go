package haproxy

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
)

// ServerState is one line of show servers state: what HAProxy would carry over
// a reload (management guide section 9.3, "show servers state").
type ServerState struct {
	Ref     ServerRef  // be_name and srv_name
	Addr    string     // srv_addr; "-" if it is not known
	Port    int        // srv_port
	Oper    OperState  // srv_op_state
	Admin   AdminState // srv_admin_state
	Uweight int        // srv_uweight: the weight now, as set by the user, 0 to 256
	Iweight int        // srv_iweight: the weight of the configuration, 0 to 256
	// SinceChange is srv_time_since_last_change, in seconds.
	SinceChange int64
	// CheckHealth is srv_check_health: counts up to rise+fall-1.
	CheckHealth int
	// FQDN is srv_fqdn, where the server's address is a name; else "".
	FQDN string
}

// serversStateFormat is the only version of the format there is (2.2 to 3.2).
const serversStateFormat = "1"

// maxStateLine bounds one line of show servers state.
const maxStateLine = 64 << 10

// ParseServersState reads the answer of show servers state, in format 1.
// Columns are found by the names in the line that begins with "# "; unknown
// ones are skipped, a missing one that ServerState needs is an error.
func ParseServersState(r io.Reader) ([]ServerState, error) {
	states, err := parseServersState(r)
	if err != nil {
		return nil, fmt.Errorf("parse show servers state: %w", err)
	}
	return states, nil
}

func parseServersState(r io.Reader) ([]ServerState, error) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxStateLine)
	var states []ServerState
	var format string
	var columns map[string]int
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		switch {
		case line == "":
		case format == "":
			if line != serversStateFormat {
				return nil, fmt.Errorf("line %d: format %.20q, want %s", n, line, serversStateFormat)
			}
			format = line
		case strings.HasPrefix(line, "# "):
			columns = fieldPositions(line[2:])
		case columns == nil:
			return nil, fmt.Errorf("line %d: no line of column names before it", n)
		default:
			s, err := stateRow(columns, strings.Fields(line))
			if err != nil {
				return nil, fmt.Errorf("line %d: %w", n, err)
			}
			states = append(states, s)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, err
	}
	if columns == nil {
		return nil, errors.New("no line of column names")
	}
	return states, nil
}

func fieldPositions(line string) map[string]int {
	columns := map[string]int{}
	for i, name := range strings.Fields(line) {
		columns[name] = i
	}
	return columns
}

// stateRow reads one server. It collects the first error, so that the list of
// columns reads as one.
func stateRow(columns map[string]int, row []string) (ServerState, error) {
	var failed error
	text := func(name string) string {
		i, ok := columns[name]
		if !ok || i >= len(row) {
			if failed == nil {
				failed = fmt.Errorf("no column %s", name)
			}
			return ""
		}
		return row[i]
	}
	number := func(name string, bits int) int64 {
		s := text(name)
		n, err := strconv.ParseInt(s, 10, bits)
		if err != nil && failed == nil {
			failed = fmt.Errorf("column %s: %w", name, err)
		}
		return n
	}
	mask := func(name string) uint8 {
		n := number(name, 16)
		if (n < 0 || n > math.MaxUint8) && failed == nil {
			failed = fmt.Errorf("column %s: %d is out of range", name, n)
		}
		return uint8(n)
	}
	s := ServerState{
		Ref:         ServerRef{Backend: text("be_name"), Server: text("srv_name")},
		Addr:        text("srv_addr"),
		Port:        int(number("srv_port", 32)),
		Oper:        OperState(mask("srv_op_state")),
		Admin:       AdminState(mask("srv_admin_state")),
		Uweight:     int(number("srv_uweight", 32)),
		Iweight:     int(number("srv_iweight", 32)),
		SinceChange: number("srv_time_since_last_change", 64),
		CheckHealth: int(number("srv_check_health", 32)),
		FQDN:        strings.TrimPrefix(text("srv_fqdn"), "-"),
	}
	if failed != nil {
		return ServerState{}, failed
	}
	return s, nil
}

// FindState returns the state of server ref.
func FindState(states []ServerState, ref ServerRef) (ServerState, bool) {
	for _, s := range states {
		if s.Ref == ref {
			return s, true
		}
	}
	return ServerState{}, false
}
