package verify

import (
	"fmt"
	"maps"
	"slices"

	"halab/internal/haproxy"
)

// EndsName is the rule that no command of the user's leaves a server out of
// service that nothing in the scenario says may be.
const EndsName = "state in the end"

// ends judges the servers that a command of the user's has left out of service.
// A server that was serving and is DOWN has failed; one that was put into
// maintenance or drain may have been meant, and only the scenario can say so.
func (h *health) ends() []Finding {
	out := h.run.commands.closed()
	for _, ref := range h.run.scenario.ServerRefs() {
		w, server := h.servers[ref], ref.String()
		status := haproxy.Status(w.status)
		if by := h.run.commands.deadBy(server); by != nil && status.Serving() && !w.gone {
			out = append(out, Finding{Invariant: EndsName, Result: Inconclusive, Count: 1, Step: by.step, Line: h.run.lineOf(by.step), First: by.at,
				Text: fmt.Sprintf("the nginx of %s ended after step %d %s and was not started again, and HAProxy took the server for %s to the end", server, by.step, by.text, status)})
			continue
		}
		if w.by == nil || w.gone || status.Serving() || h.said(server, w) {
			continue
		}
		f := Finding{Invariant: EndsName, Result: Inconclusive, Count: 1, Step: w.by.step, Line: h.run.lineOf(w.by.step), First: w.since,
			Text: fmt.Sprintf("%s ended in %s after step %d %s, and neither touches nor expect says that it may; `touches: [%s]` beside the command does", server, status.Base(), w.by.step, w.by.text, server)}
		if status.Down() && w.was.Serving() {
			f.Result = Fail
			f.Text = fmt.Sprintf("%s was in service, went DOWN after step %d %s and stayed so, and neither touches nor expect says that it may", server, w.by.step, w.by.text)
		}
		out = append(out, f)
	}
	return out
}

// said reports whether the scenario says that a server may be out of service
// in the end.
func (h *health) said(server string, w *watched) bool {
	if s := h.run.scenario.Expect.Switch; s != nil && !s.Back && s.From == server {
		return true
	}
	named := func(c *userCommand) bool { return slices.Contains(c.touches, server) }
	return w.saw == base(w.status) || slices.ContainsFunc(h.run.commands.list, named)
}

// closed doubts a frontend that a command has left closed, unless its touches
// name it.
func (u *userCommands) closed() []Finding {
	var out []Finding
	for _, name := range slices.Sorted(maps.Keys(u.fronts)) {
		if u.fronts[name] == "OPEN" {
			continue
		}
		for _, c := range slices.Backward(u.list) {
			if !slices.ContainsFunc(c.changes, func(h change) bool { return h.what == frontendMark+name }) {
				continue
			}
			if !slices.Contains(c.touches, name) {
				out = append(out, Finding{Invariant: EndsName, Result: Inconclusive, Count: 1, Step: c.step, Line: u.run.lineOf(c.step), First: c.at,
					Text: fmt.Sprintf("the frontend %s ended as %s after step %d %s; `touches: [%s]` beside the command says that it may", name, u.fronts[name], c.step, c.text, name)})
			}
			break
		}
	}
	return out
}
