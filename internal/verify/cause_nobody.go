package verify

import (
	"fmt"
	"strings"

	"halab/internal/haproxy"
	"halab/internal/history"
)

// nobody is what was lost because no server was left: HAProxy logs <NOSRV>.
// The rules here tell apart why, and at most one of them fires.
type nobody struct {
	haul
	backend string
	deed    deed // after which it was so
}

// nobodyLeft finds the command after which HAProxy had no server left. It is
// the one after which most requests found none: a request that was on its way
// when the command was sent counts to the one before.
func (e *evidence) nobodyLeft() (nobody, bool) {
	var most nobody
	for _, d := range e.deeds {
		n := nobody{backend: backendOf(d.server), deed: d}
		n.haul = e.lost(func(k lossKind) bool {
			backend, ok := strings.CutSuffix(k.server, noServerName)
			if ok && d.any {
				n.backend = backend
			}
			return ok && k.step == d.step && k.outcome == history.Proxy5xx && backend == n.backend
		})
		if n.all > most.all || n.all == most.all && d.seen && effects[d.kind].takesOut { // what a command did, rather than that it ran
			most = n
		}
	}
	return most, most.all > 0
}

// weightZero: every server that was left had the weight 0.
func weightZero(e *evidence) Cause {
	n, ok := e.nobodyLeft()
	if !ok || n.deed.kind != "weight" && !n.deed.any {
		return Cause{}
	}
	for _, server := range e.servers(n.backend) {
		if when, zero := e.zero(server, n.deed); zero {
			return Cause{Step: n.deed.step,
				What:    fmt.Sprintf("%s: %s found no server, for %s had the weight 0 at %s, and nobody else was left.", e.step(n.deed.step), n.haul, server, at(when)),
				Instead: "A weight above 0 keeps the traffic; a percentage of a small weight is rounded down, and 50% of 1 is 0."}
		}
	}
	return Cause{}
}

// zero is when a server was seen to have lost its weight after a deed.
func (e *evidence) zero(server string, d deed) (history.Micros, bool) {
	if e.takenOut(server, d.at) > 0 {
		return 0, false
	}
	for _, s := range e.states[server] {
		if s.At >= d.at && s.Weight == 0 && !haproxy.Status(s.Status).Maint() {
			return s.At, true
		}
	}
	return 0, false
}

// flipBeforeUp: the server that was to take over was DOWN, and came up too
// late.
func flipBeforeUp(e *evidence) Cause {
	n, ok := e.nobodyLeft()
	if !ok || n.deed.kind != "maint" && n.deed.kind != "drain" {
		return Cause{}
	}
	for _, server := range e.servers(n.backend) {
		up, came := e.upLater(server, n.deed)
		if came {
			return Cause{Step: n.deed.step,
				What:    fmt.Sprintf("%s: %s found no server, for %s was still DOWN; its checks passed %s later.", e.step(n.deed.step), n.haul, server, round(up-n.deed.at)),
				Instead: fmt.Sprintf("`expect: {server: %s, state: UP}` before it would have waited for that.", server)}
		}
	}
	return Cause{}
}

// upLater is when a server that no step had taken out was seen to come up
// after a deed which left nobody: so it was down then.
func (e *evidence) upLater(server string, d deed) (history.Micros, bool) {
	if server == d.server || e.takenOut(server, d.at) > 0 {
		return 0, false
	}
	return e.becomes(server, d.at, haproxy.Status.Serving)
}

// backupOut: a backup was out already when the servers that it stands for
// were taken out.
func backupOut(e *evidence) Cause {
	n, ok := e.nobodyLeft()
	if !ok {
		return Cause{}
	}
	for _, server := range e.servers(n.backend) {
		s := e.configured(server)
		if s == nil || !s.Backup || server == n.deed.server {
			continue
		}
		since := e.since(server, n.deed)
		if _, late := e.upLater(server, n.deed); late || haproxy.Status(since).Serving() {
			continue
		}
		return Cause{Step: n.deed.step,
			What:    fmt.Sprintf("%s: %s found no server, for the backup %s was %s.", e.step(n.deed.step), n.haul, server, since),
			Instead: fmt.Sprintf("`expect: {server: %s, state: UP}` before it would have stopped the procedure.", server)}
	}
	return Cause{}
}

// allOut: steps took every server of a backend without a backup out.
func allOut(e *evidence) Cause {
	n, ok := e.nobodyLeft()
	all := e.servers(n.backend)
	if !ok || len(all) < 2 {
		return Cause{}
	}
	var out []string
	for _, server := range all {
		s := e.configured(server)
		step := e.takenOut(server, n.deed.at+1)
		if s == nil || s.Backup || step == 0 {
			return Cause{}
		}
		if step != n.deed.step {
			out = append(out, fmt.Sprintf("%s since step %d", server, step))
		}
	}
	others := "for it took all of them out"
	if len(out) > 0 {
		others = "for the others were out as well: " + strings.Join(out, ", ")
	}
	return Cause{Step: n.deed.step,
		What:    fmt.Sprintf("%s: %s found no server, %s.", e.step(n.deed.step), n.haul, others),
		Instead: "One after the other, each `ready` and UP again before the next, leaves somebody to answer."}
}

// since says in which state a server was at a deed, and by whom.
func (e *evidence) since(server string, d deed) string {
	if step := e.takenOut(server, d.at); step > 0 {
		return "out since " + e.step(step)
	}
	status := e.statusAt(server, d.at)
	if at, out := e.becomes(server, d.at, func(s haproxy.Status) bool { return !s.Serving() }); status.Serving() && out {
		status = e.statusAt(server, at) // it was so already, and seen a moment later
	}
	return string(status)
}
