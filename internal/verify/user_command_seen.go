package verify

import (
	"fmt"

	"halab/internal/haproxy"
	"halab/internal/history"
)

// state sees what a status does not tell: servers that come and go, their
// addresses and weights. The statuses are health's.
func (u *userCommands) state(e *history.ServerState) {
	name := e.Server.String()
	was, known := u.servers[name]
	now := *e
	if now.Address == "" {
		now.Address = was.Address
	}
	u.servers[name] = now
	if base(was.Status) != base(e.Status) {
		u.was[name] = haproxy.Status(was.Status)
	}
	switch {
	case !known && u.run.scenario.Server(e.Server) == nil:
		u.change(name, "was added", e.At)
	case !known:
	case e.Gone && !was.Gone:
		u.change(name, "was removed", e.At)
	case was.Gone && !e.Gone:
		u.change(name, "was added again", e.At)
	case was.Address != "" && was.Address != now.Address:
		u.change(name, "went from "+was.Address+" to "+now.Address, e.At)
	case was.Weight != e.Weight && base(was.Status) == base(e.Status) && haproxy.Status(e.Status).Serving() && !u.weighs(name, e.At):
		u.claim(name, fmt.Sprintf("went from weight %d to %d", was.Weight, e.Weight), e.At)
	}
}

// weighs reports whether a step of halab's has given the server a weight since
// the last command of the user's.
func (u *userCommands) weighs(server string, at history.Micros) bool {
	weighed, ok := u.weighed[server]
	for _, c := range u.list {
		if c.at <= at && c.at > weighed+lag {
			return false
		}
	}
	return ok
}

func (u *userCommands) frontend(e *history.FrontendState) {
	was := u.fronts[e.Frontend]
	if was == "" {
		was = "OPEN"
	}
	u.fronts[e.Frontend] = e.Status
	if by := u.change("frontend "+e.Frontend, "went from "+was+" to "+e.Status, e.At); by != nil {
		u.run.evidence.deeds = append(u.run.evidence.deeds, deed{step: by.step, kind: frontendDeed, at: e.At})
	}
}

func (u *userCommands) program(e *history.Program) {
	was, known := u.programs[e.Role]
	u.programs[e.Role] = *e
	how := "is another process"
	switch {
	case !known && e.Pid > 0:
		return
	case e.Pid == 0:
		how = "ended"
	case was.Pid == 0:
		how = "was started"
	case was.Pid == e.Pid:
		how = "has new workers"
	}
	if d := u.dealt[e.Role]; d != nil && e.At >= d.at && (!d.over || e.At <= d.ended+lag) {
		return
	}
	what := e.Role
	if what != haproxyRole {
		how = "(its nginx) " + how
	}
	by := u.change(what, how, e.At)
	if by == nil {
		return
	}
	u.run.evidence.programChanged(e, by.step)
	if e.Pid == 0 && u.served(what, by.at) {
		u.inUse = append(u.inUse, inUse{what, e.At, by})
	}
}

// served reports whether HAProxy sent to a server when its program ended, or
// did until its checks had found that out.
func (u *userCommands) served(server string, since history.Micros) bool {
	s, known := u.servers[server]
	if !known || s.Gone || s.Weight == 0 {
		return false
	}
	status := haproxy.Status(s.Status)
	return status.Serving() && !u.idleBackup(server) || status.Down() && s.At >= since && u.was[server].Serving()
}

// idleBackup reports whether a server is a backup that has nothing to do, since
// an active one of its backend serves.
func (u *userCommands) idleBackup(server string) bool {
	if !u.servers[server].Backup {
		return false
	}
	for _, s := range u.servers {
		if s.Server.Backend == u.servers[server].Server.Backend && !s.Backup && !s.Gone && s.Weight > 0 && haproxy.Status(s.Status).Serving() {
			return true
		}
	}
	return false
}
