package verify

import (
	"fmt"
	"slices"
	"strings"

	"halab/internal/haproxy"
	"halab/internal/history"
)

// findings are the servers that a command stopped in service.
func (u *userCommands) findings() []Finding {
	var out []Finding
	for _, s := range u.exits {
		if !s.inUse || s.goesOn {
			continue
		}
		out = append(out, Finding{Invariant: DrainedName, Result: Fail, Count: 1, Step: s.by.step, Line: u.run.lineOf(s.by.step), First: s.at,
			Text: fmt.Sprintf("%s was in service when its nginx ended, after step %d %s", s.server, s.by.step, s.by.text)})
	}
	return out
}

// faults are what is wrong with what the commands did: one changed nothing, or
// not what it was meant to change.
func (u *userCommands) faults() []Finding {
	var out []Finding
	doubt := func(step int, at history.Micros, text string) {
		out = append(out, Finding{Invariant: procedureName, Result: Inconclusive, Count: 1, Step: step, Line: u.run.lineOf(step), First: at, Text: text})
	}
	for _, l := range u.looks {
		if len(l.seen) > 0 {
			doubt(l.step, l.at, fmt.Sprintf("step %d says that it only looks, and meanwhile %s, for which no step accounts", l.step, l.seen[0]))
		}
	}
	for _, c := range u.list {
		missing := c.missing()
		if len(c.beyond) > 0 {
			out = append(out, Finding{Invariant: procedureName, Result: Fail, Count: int64(len(c.beyond)), Step: c.step, Line: u.run.lineOf(c.step), First: c.at,
				Text: fmt.Sprintf("step %d went beyond its touches: %s", c.step, c.beyond[0])})
		}
		switch {
		case len(c.changes)+len(c.messages) == 0 && c.shared != nil:
			doubt(c.step, c.at, fmt.Sprintf("step %d may have changed nothing: what changed may be the work of the job that step %d left running; `touches`, or `looks: true`, beside step %d says what that job changes", c.step, c.shared.step, c.shared.step))
		case len(c.changes)+len(c.messages) == 0 && !u.harmed(c):
			doubt(c.step, c.at, fmt.Sprintf("step %d changed nothing that HAProxy or the servers show%s", c.step, u.because(c)))
		case len(missing) > 0:
			doubt(c.step, c.at, fmt.Sprintf("step %d was to touch %s, and nothing of %s changed%s%s", c.step, words(missing), choose(int64(len(missing)), "it", "them"), u.unknown(missing), u.refusal(c)))
		}
	}
	return out
}

// harmed reports whether requests were lost after a command: it did something,
// such as ending sessions, whatever HAProxy's states show.
func (u *userCommands) harmed(c *userCommand) bool {
	s := u.run.stepNamed(c.step)
	return s != nil && s.Lost > 0
}

// missing are the things of touches that did not change.
func (c *userCommand) missing() []string {
	var out []string
	for _, what := range c.touches {
		said := slices.ContainsFunc(c.messages, func(m message) bool { return m.server == what })
		if !said && !slices.ContainsFunc(c.changes, func(h change) bool { return strings.TrimPrefix(h.what, frontendMark) == what }) {
			out = append(out, what)
		}
	}
	return out
}

// unknown names what touches has of no server of the scenario, which a command
// may add, and whose name may be mistyped.
func (u *userCommands) unknown(missing []string) string {
	for _, name := range missing {
		if ref, err := haproxy.ParseServerRef(name); err == nil && u.run.scenario.Server(ref) == nil {
			return fmt.Sprintf("; the scenario has no server %s", name)
		}
	}
	return ""
}

// because says what is known of why a command changed nothing.
func (u *userCommands) because(c *userCommand) string {
	if refused := u.refusal(c); refused != "" {
		return refused
	}
	if c.byHand {
		return ", so nothing was done by hand"
	}
	return "; `looks: true` beside it says that a command only looks"
}

// refusal quotes HAProxy's in what a command wrote, or is empty.
func (u *userCommands) refusal(c *userCommand) string {
	s := u.run.stepNamed(c.step)
	if s == nil {
		return ""
	}
	if line := haproxy.Refusal(s.Output); line != "" {
		return fmt.Sprintf("; HAProxy refused: %.200s", line)
	}
	return ""
}

// words writes a list: a, b and c.
func words(list []string) string {
	if len(list) < 2 {
		return strings.Join(list, "")
	}
	return strings.Join(list[:len(list)-1], ", ") + " and " + list[len(list)-1]
}

// maxToldChanges bounds the changes of a command that a remark names.
const maxToldChanges = 6

// remarks say what each command changed, what it left running, and what changed
// though nothing accounts for it.
func (u *userCommands) remarks() []string {
	var out []string
	for _, c := range u.list {
		if told := c.told(); told != "" {
			out = append(out, fmt.Sprintf("step %d %s: %s%s", c.step, c.text, told, u.refusal(c)))
		}
		if c.outlived {
			out = append(out, fmt.Sprintf("step %d %s left something running; what that did later counts as done by the step", c.step, c.text))
		}
	}
	for _, s := range u.exits {
		if s.goesOn {
			out = append(out, fmt.Sprintf("the nginx of %s ended at %s, and something went on answering at its address", s.server, at(s.at)))
		}
	}
	for _, s := range u.strays[:min(len(u.strays), maxToldChanges)] {
		out = append(out, s+", and no step did that")
	}
	return out
}

func (c *userCommand) told() string {
	var out []string
	var all []string
	for _, h := range c.changes {
		all = append(all, h.String())
	}
	if len(all) == 0 {
		for _, m := range c.messages {
			all = append(all, m.server+" "+m.text)
		}
	}
	for _, text := range all {
		if !slices.Contains(out, text) {
			out = append(out, text)
		}
	}
	if more := len(out) - maxToldChanges; more > 0 {
		out = append(out[:maxToldChanges], "another "+plural(int64(more), "change"))
	}
	return words(out)
}

// deadBy is the command after which the program of a server ended for good, with
// nothing left that answers there, where HAProxy still sends there under the
// server's name; nil where there is none.
func (u *userCommands) deadBy(server string) *userCommand {
	s := u.dead[server]
	if s == nil || s.goesOn || u.roles[u.servers[server].Address] != server {
		return nil
	}
	return s.by
}

// movedBy is when a command of the user's was seen to move the traffic of a
// switch: it took the old server out, or brought the new one in. The command
// may have waited for long before that.
func (u *userCommands) movedBy(w *Switch) (history.Micros, bool) {
	var moved history.Micros
	for _, c := range u.list {
		if c.step != w.Step {
			continue
		}
		for _, m := range c.messages {
			out := leaves.MatchString(m.text)
			if (m.server == w.From && out || m.server == w.To && !out) && m.at <= w.answered+busy {
				moved = m.at
			}
		}
	}
	return moved, moved > 0
}
