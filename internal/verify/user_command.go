package verify

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"halab/internal/haproxy"
	"halab/internal/history"
)

// userCommands follows the commands of the user's. One of them can do anything
// and says nothing of what it did, so what it did is what was seen to change
// after it and no step of halab's accounts for.
type userCommands struct {
	run  *run
	list []*userCommand
	// dealt are the latest steps of halab's that ended or started a program, by
	// role, and weighed those that gave a server a weight.
	dealt    map[string]*dealing
	weighed  map[string]history.Micros
	acted    map[string]history.Micros      // when a step of halab's last dealt with a server
	servers  map[string]history.ServerState // as last seen
	was      map[string]haproxy.Status      // the status before that one
	fronts   map[string]string
	programs map[string]history.Program
	roles    map[string]string         // whose nginx is at an address, as when the traffic began
	versions map[answerer]bool         // answers of a version that no step put there
	strays   []string                  // what changed though no step and no command accounts for it
	changed  map[string]history.Micros // when the status of a server last became another
	exits    []*exited
	dead     map[string]*exited // those of servers whose program was not started since
	looks    []*userLook
}

// userCommand is one that was begun.
type userCommand struct {
	step     int
	text     string
	at       history.Micros
	touches  []string
	changes  []change
	messages []message // of HAProxy's about servers, while it ran
	beyond   []change  // what touches does not name
	ended    history.Micros
	over     bool
	outlived bool
	byHand   bool
	shared   *userCommand // whose job still ran and may have made what changed
}

// userLook is a command that says of itself that it only looks.
type userLook struct {
	step      int
	text      string
	at, ended history.Micros
	over      bool
	seen      []string // what changed meanwhile though no step accounts for it
}

// message is what HAProxy said of a server.
type message struct {
	server, text string
	at           history.Micros
}

// change is something that a command changed: a server, "haproxy", or a
// frontend; program says that it is the program of a server.
type change struct {
	what, how string
	program   bool
	moved     bool // to another address
}

func (c change) String() string {
	switch {
	case c.what == haproxyRole:
		return "HAProxy " + c.how
	case c.program:
		return "the nginx of " + c.what + " " + c.how
	}
	return c.what + " " + c.how
}

// dealing is a step of halab's with a program.
type dealing struct {
	step  int
	at    history.Micros
	ended history.Micros
	over  bool
}

// exited is a server whose program a command ended.
type exited struct {
	server string
	at     history.Micros
	by     *userCommand
	inUse  bool // HAProxy sent to it
	goesOn bool // something at its address answered what was sent later
}

// maxChanges bounds the changes that are kept of a command, strays and exits.
const maxChanges = 200

func newUserCommands(r *run) *userCommands {
	r.commands = &userCommands{run: r, dealt: map[string]*dealing{}, weighed: map[string]history.Micros{}, acted: map[string]history.Micros{},
		servers: map[string]history.ServerState{}, was: map[string]haproxy.Status{}, fronts: map[string]string{}, programs: map[string]history.Program{}, changed: map[string]history.Micros{}, dead: map[string]*exited{},
		versions: map[answerer]bool{}, roles: map[string]string{}}
	return r.commands
}

func (u *userCommands) observe(e history.Event) {
	switch e := e.(type) {
	case *history.Step:
		u.step(e)
	case *history.ServerState:
		u.state(e)
	case *history.FrontendState:
		u.frontend(e)
	case *history.Program:
		u.program(e)
	case *history.Message:
		u.message(e)
	case *history.Request:
		u.answered(e)
		u.answeredAs(e)
	}
}

func (u *userCommands) step(e *history.Step) {
	switch {
	case e.Phase == history.Command && e.AnyServer:
		u.list = append(u.list, &userCommand{step: e.Index, text: e.Text, at: e.At, touches: e.Touches, byHand: e.Kind == manualKind})
	case e.Phase == history.Command:
		role := e.Server
		if e.Takeover {
			role = haproxyRole
		}
		if e.Takeover || effects[e.Kind].program {
			u.dealt[role] = &dealing{step: e.Index, at: e.At}
		}
		u.acted[e.Server] = e.At
		if e.Kind == "weight" {
			u.weighed[e.Server] = e.At
		}
	case e.Phase == history.Look && e.AnyServer:
		u.looks = append(u.looks, &userLook{step: e.Index, text: e.Text, at: e.At})
	case e.Phase == history.Ended:
		for _, l := range u.looks {
			if l.step == e.Index {
				l.ended, l.over = e.At, true
			}
		}
		for _, c := range u.list {
			if c.step == e.Index {
				c.ended, c.over, c.outlived = e.At, true, e.Outlived
			}
		}
		for _, d := range u.dealt {
			if d.step == e.Index {
				d.ended, d.over = e.At, true
			}
		}
	}
}

// haproxyRole is the role of HAProxy in Software and Program, and what touches
// calls it.
const haproxyRole = "haproxy"

// claim puts a change on the account of the latest command that may have made
// it; nil where there is none. A command that made it though its touches do not
// name it goes beyond them.
func (u *userCommands) claim(h change, at history.Micros) *userCommand {
	by, _ := u.account(h, at)
	return by
}

// account is claim, and tells whether a command went beyond its touches.
func (u *userCommands) account(h change, at history.Micros) (by *userCommand, beyondTouches bool) {
	var beyond *userCommand
	for _, c := range slices.Backward(u.list) {
		switch {
		case c.at > at || at > c.until(u.run, h.what):
		case !c.mayTouch(h.what):
			beyond = cmp.Or(beyond, c)
		default:
			return u.beside(c, h.what).take(h), false
		}
	}
	if beyond != nil && len(beyond.beyond) < maxChanges {
		beyond.beyond = append(beyond.beyond, h)
	}
	return nil, beyond != nil
}

// beside is the command before this one whose job still ran and may have made a
// change of this, or this one: that the later one made it is not known, and
// nothing else may have come of it.
func (u *userCommands) beside(c *userCommand, what string) *userCommand {
	for _, earlier := range u.list {
		if earlier.outlived && earlier.at < c.at && earlier.mayTouch(what) {
			c.shared = earlier
			return earlier
		}
	}
	return c
}

func (c *userCommand) take(h change) *userCommand {
	if len(c.changes) < maxChanges {
		c.changes = append(c.changes, h)
	}
	return c
}

// claimFall is claim for a server that goes DOWN: its checks find out late what
// an earlier command did to its program or its address.
func (u *userCommands) claimFall(h change, at history.Micros) *userCommand {
	if c := u.ruined(h.what, at); c != nil {
		return c.take(h)
	}
	return u.claim(h, at)
}

// ruined is the latest command that changed the program or the address of a
// server, if what its checks find may still come of it.
func (u *userCommands) ruined(server string, at history.Micros) *userCommand {
	made := func(was change) bool { return was.what == server && (was.program || was.moved) }
	for _, c := range slices.Backward(u.list) {
		if c.at <= at && at <= c.until(u.run, server) && slices.ContainsFunc(c.changes, made) {
			return c
		}
	}
	return nil
}

// frontendMark begins what a change of a frontend is of.
const frontendMark = "frontend "

// mayTouch reports whether the scenario lets the command change this. Another
// HAProxy begins with states of its own, so who may touch that may touch all.
func (c *userCommand) mayTouch(what string) bool { return mayTouch(c.touches, what) }

func mayTouch(touches []string, what string) bool {
	what = strings.TrimPrefix(what, frontendMark)
	return len(touches) == 0 || slices.Contains(touches, what) || slices.Contains(touches, haproxyRole)
}

// until is how long after a command a change of this may still come of it: a
// server that it stopped is DOWN once its checks have failed.
func (c *userCommand) until(r *run, what string) history.Micros {
	if !c.over || c.outlived {
		return math.MaxInt64
	}
	notice := lag
	ref, err := haproxy.ParseServerRef(what)
	if err != nil {
		return c.ended + notice
	}
	if s := r.scenario.Server(ref); s != nil {
		// A check that hangs takes as long as the time between two.
		notice += 2 * history.M(s.InterD()) * history.Micros(s.Falls()+1)
	}
	return c.ended + notice
}

// change claims a change, or notes that nothing accounts for it.
func (u *userCommands) change(h change, when history.Micros) *userCommand {
	by, beyond := u.account(h, when)
	if by != nil || beyond || len(u.strays) >= maxChanges {
		return by
	}
	stray := fmt.Sprintf("%s at %s", h, at(when))
	u.strays = append(u.strays, stray)
	for _, l := range u.looks {
		if l.at <= when && (!l.over || when <= l.ended+lag) {
			l.seen = append(l.seen, stray)
		}
	}
	return nil
}
