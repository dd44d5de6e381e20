package haproxy

import (
	"strconv"
	"strings"
)

// Status is the column status of show stat, as HAProxy writes it.
//
// A server reads UP, DOWN, NOLB, DRAIN or MAINT, or "no check" where it has no
// health check. "UP 1/3" is up with checks failing or not yet passed, "DOWN
// 1/2" is down with checks passing again; both say how far it is. DOWN and
// DRAIN may be followed by (agent), MAINT by (via backend/server) or
// (resolution). A backend reads UP or DOWN, a frontend OPEN, FULL or STOP.
type Status string

// noCheck is the status of a server without a health check: HAProxy takes it
// for up.
const noCheck = "no check"

// Base is the status without what follows it: "UP" of "UP 1/3", "MAINT" of
// "MAINT(resolution)". "no check" stays whole.
func (s Status) Base() string {
	if s == noCheck {
		return noCheck
	}
	if i := strings.IndexAny(string(s), " ("); i >= 0 {
		return string(s[:i])
	}
	return string(s)
}

// PlainUp says that the server is up and no check disagrees: exactly UP, or
// not checked at all.
func (s Status) PlainUp() bool { return s == "UP" || s == noCheck }

// Serving says whether HAProxy sends new requests there by load balancing:
// UP, UP with a fraction, no check, and OPEN for a frontend. NOLB (a server
// that answered 404 under http-check disable-on-404) and DRAIN are up as well
// but take only requests that are bound to them by persistence.
func (s Status) Serving() bool {
	switch s.Base() {
	case "UP", noCheck, "OPEN":
		return true
	}
	return false
}

// Maint says whether the server is in maintenance, for whatever reason.
func (s Status) Maint() bool { return s.Base() == "MAINT" }

// Draining says whether the server takes nothing new but finishes what it has
// and what persistence brings: DRAIN and NOLB. A server of weight 0 reads
// DRAIN too.
func (s Status) Draining() bool { return s.Base() == "DRAIN" || s.Base() == "NOLB" }

// Down says whether health checks, or an agent, have the server down.
func (s Status) Down() bool { return s.Base() == "DOWN" }

// Transitional says whether health checks are on their way to another state,
// or have not passed yet: "UP 1/3", "DOWN 1/2", "NOLB 1/2", "DRAIN 2/3".
func (s Status) Transitional() bool {
	_, _, ok := s.Progress()
	return ok
}

// Progress is the fraction of a transitional status: 1 and 3 of "UP 1/3".
func (s Status) Progress() (n, of int, ok bool) {
	_, fraction, ok := strings.Cut(string(s), " ")
	if !ok {
		return 0, 0, false
	}
	left, right, ok := strings.Cut(fraction, "/")
	if !ok {
		return 0, 0, false
	}
	n, errN := strconv.Atoi(left)
	of, errOf := strconv.Atoi(right)
	if errN != nil || errOf != nil {
		return 0, 0, false
	}
	return n, of, true
}
