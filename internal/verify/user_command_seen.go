package verify

import (
	"fmt"
	"regexp"
	"slices"

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
	if role := u.roles[now.Address]; role == "" && now.Address != "" && was.Address == "" && u.run.scenario.Server(e.Server) != nil {
		u.roles[now.Address] = name
	}
	if base(was.Status) != base(e.Status) {
		u.was[name], u.changed[name] = haproxy.Status(was.Status), e.At
	}
	if known && u.accounted(haproxyRole, e.At) {
		return // another HAProxy begins with the weights, addresses and servers of its file
	}
	switch {
	case !known && u.run.scenario.Server(e.Server) == nil:
		u.moved(change{what: name, how: "was added"}, e.At)
	case !known:
	case e.Gone && !was.Gone:
		u.change(change{what: name, how: "was removed"}, e.At)
	case was.Gone && !e.Gone:
		u.change(change{what: name, how: "was added again"}, e.At)
	case was.Address != "" && was.Address != now.Address:
		u.moved(change{what: name, how: "went from " + was.Address + " to " + now.Address, moved: true}, e.At)
	case was.Weight != e.Weight && base(was.Status) == base(e.Status) && haproxy.Status(e.Status).Serving() && !u.weighs(name, e.At):
		u.change(change{what: name, how: fmt.Sprintf("went from weight %d to %d", was.Weight, e.Weight)}, e.At)
	}
}

// moved takes a server that has an address which it had not before.
func (u *userCommands) moved(h change, at history.Micros) {
	if by := u.change(h, at); by != nil {
		u.run.evidence.seen(deed{step: by.step, kind: addressDeed, server: h.what, at: at})
	}
}

// weighs reports whether a step of halab's has given the server a weight since
// the last command of the user's.
func (u *userCommands) weighs(server string, at history.Micros) bool {
	weighed, ok := u.weighed[server]
	for _, c := range u.list {
		if c.at <= at && c.at > weighed {
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
	if u.accounted(haproxyRole, e.At) {
		return // of a HAProxy that is being taken over from
	}
	if by := u.change(change{what: frontendMark + e.Frontend, how: "went from " + was + " to " + e.Status}, e.At); by != nil {
		u.run.evidence.seen(deed{step: by.step, kind: frontendDeed, at: e.At, frontend: e.Frontend})
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
	case was.Pid == e.Pid && e.Role != haproxyRole:
		how = "has new workers"
	}
	delete(u.dead, e.Role)
	if u.accounted(e.Role, e.At) {
		return
	}
	by := u.change(change{what: e.Role, how: how, program: true}, e.At)
	if by == nil {
		return
	}
	u.run.evidence.programChanged(e, was.Pid == 0, by.step)
	if e.Pid == 0 && len(u.exits) < maxChanges {
		u.dead[e.Role] = &exited{server: e.Role, at: e.At, by: by, inUse: u.served(e.Role, by.at, e.At)}
		u.exits = append(u.exits, u.dead[e.Role])
	}
}

// served reports whether HAProxy sent to the program of a role when that ended,
// by whatever names it has for it.
func (u *userCommands) served(role string, since, now history.Micros) bool {
	for name, s := range u.servers {
		at, known := u.roles[s.Address]
		if s.Address == "" {
			at, known = name, true // an older history, which tells no addresses
		}
		if known && at == role && u.sentTo(name, since, now) {
			return true
		}
	}
	return false
}

// sentTo reports whether HAProxy sends to a server, or did until its checks had
// found out that there was none any more.
//
// A look reads which programs run before it reads the states: a server that has
// just left maintenance may have been in it when its program ended.
func (u *userCommands) sentTo(server string, since, now history.Micros) bool {
	s, known := u.servers[server]
	if !known || s.Gone || s.Weight == 0 {
		return false
	}
	status, was := haproxy.Status(s.Status), u.was[server]
	if (was.Maint() || was.Draining()) && now-u.changed[server] <= busy {
		return false
	}
	return status.Serving() && !u.idleBackup(server) || status.Down() && s.At >= since && u.was[server].Serving()
}

// idleBackup reports whether a server is a backup that has nothing to do: an
// active one of its backend serves, or a backup before it, unless the backend
// uses all of them (HAProxy manual 5.2, backup; 4.2, option allbackups).
func (u *userCommands) idleBackup(server string) bool {
	this := u.servers[server]
	if !this.Backup {
		return false
	}
	// Where one that was added stands among the backups is not known.
	all, before := u.run.allBackups(this.Server.Backend), u.run.scenario.Server(this.Server) != nil
	for _, ref := range u.run.scenario.ServerRefs() {
		s := u.servers[ref.String()]
		switch {
		case ref.Backend != this.Server.Backend:
		case ref == this.Server:
			before = false
		case s.Gone || s.Weight == 0 || !haproxy.Status(s.Status).Serving():
		case !s.Backup, before && !all:
			return true
		}
	}
	return false
}

// leaves is what HAProxy says of a server that it sends nothing new to.
var leaves = regexp.MustCompile(`^is going DOWN|^is DOWN|^enters drain`)

// administrative is what HAProxy says of a server that was told to be so.
var administrative = regexp.MustCompile(`maintenance|drain|READY`)

// ofServer is a message of HAProxy's about a server (its name first).
var ofServer = regexp.MustCompile(`^Server ([^/ ]+/[^ ]+) ([^.,]+)`)

// message takes what HAProxy says of a server while a command runs: a state may
// last for less than the time between two looks.
func (u *userCommands) message(e *history.Message) {
	m := ofServer.FindStringSubmatch(e.Text)
	if m == nil {
		return
	}
	said := message{m[1], m[2], e.At}
	told := administrative.MatchString(said.text)
	ruined := u.ruined(said.server, e.At)
	for _, c := range slices.Backward(u.list) {
		if e.At < c.at || c.over && e.At > c.ended+busy || len(c.messages) >= maxChanges {
			continue
		}
		acted, known := u.acted[said.server]
		switch {
		case !told && ruined != nil:
			ruined.messages = append(ruined.messages, said)
			return
		case known && (!told || acted >= c.at-lag):
			// What a step of halab's did to the server is what this tells of.
		case c.mayTouch(said.server):
			by := u.beside(c, said.server)
			by.messages = append(by.messages, said)
			return
		case told:
			c.beyond = append(c.beyond, change{what: said.server, how: said.text})
		}
	}
}

// answered notes that a server whose nginx ended answers all the same: a master
// that was killed leaves workers that serve.
func (u *userCommands) answered(r *history.Request) {
	if s := u.dead[r.Server]; s != nil && r.Sent > s.at+busy && r.Outcome == history.OK {
		s.goesOn = true
	}
}

// accounted reports whether a step of halab's deals with the program of a role
// at this time, or has just done so.
//
// A command of the user's that was begun since has the say over what comes then:
// what the step did was looked at when it ended.
func (u *userCommands) accounted(role string, when history.Micros) bool {
	d := u.dealt[role]
	if d == nil || when < d.at || !d.over {
		return d != nil && when >= d.at
	}
	since := func(c *userCommand) bool { return c.at >= d.ended && c.at <= when }
	return when <= d.ended+lag && !slices.ContainsFunc(u.list, since)
}
