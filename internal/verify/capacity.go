package verify

import (
	"fmt"
	"slices"
	"strings"

	"halab/internal/haproxy"
	"halab/internal/history"
)

// capacity is invariant 14: the weight of the servers that are up does not
// fall below what the scenario allows.
type capacity struct {
	run    *run
	status map[haproxy.ServerRef]history.ServerState
	lowest map[string]lowest // by backend
}

type lowest struct {
	weight int64
	at     history.Micros
}

func newCapacity(r *run) *capacity {
	return &capacity{run: r, status: map[haproxy.ServerRef]history.ServerState{}, lowest: map[string]lowest{}}
}

func (c *capacity) observe(e history.Event) {
	switch e := e.(type) {
	case *history.Step:
		if e.Phase == history.Command {
			c.commanded(e)
		}
	case *history.Message:
		c.told(e)
	case *history.ServerState:
		c.state(*e)
	}
}

// told takes HAProxy's own word for what a server became: that may last for less
// than the time between two looks.
func (c *capacity) told(e *history.Message) {
	m := ofServer.FindStringSubmatch(e.Text)
	if m == nil {
		return
	}
	ref, err := haproxy.ParseServerRef(m[1])
	s, known := c.status[ref]
	if err != nil || !known {
		return
	}
	s.At = e.At
	switch {
	case leaves.MatchString(m[2]):
		s.Status = "MAINT"
	case strings.Contains(m[2], "UP"):
		s.Status = up
	default:
		return
	}
	c.state(s)
}

// commanded counts a server as gone, or as back, from the command on that does
// it: the next look at the states comes later, and may come too late to see it.
func (c *capacity) commanded(e *history.Step) {
	ref, err := haproxy.ParseServerRef(e.Server)
	s, known := c.status[ref]
	if err != nil || !known {
		return
	}
	status := haproxy.Status(s.Status)
	tells := effects[e.Kind].tells
	if tells == "" || tells == up && !status.Maint() && !status.Draining() {
		return
	}
	s.Status = tells
	s.At = e.At
	c.state(s)
}

// state sums the weight of the backend's servers that take traffic: the
// active ones or, while none of them does, the first backup, or all of them
// with option allbackups (HAProxy manual 4.2).
func (c *capacity) state(e history.ServerState) {
	c.status[e.Server] = e
	var active, backup int64
	all := c.run.allBackups(e.Server.Backend)
	for _, ref := range c.run.scenario.ServerRefs() {
		if ref.Backend != e.Server.Backend {
			continue
		}
		s, known := c.status[ref]
		switch {
		case !known:
			return // until all were seen the sum is not the backend's
		case !haproxy.Status(s.Status).Serving():
		case !s.Backup:
			active += s.Weight
		case backup == 0 || all:
			backup += s.Weight
		}
	}
	weight := active
	if active == 0 {
		weight = backup
	}
	if low, ok := c.lowest[e.Server.Backend]; !ok || weight < low.weight {
		c.lowest[e.Server.Backend] = lowest{weight, e.At}
	}
}

func (r *run) allBackups(backend string) bool {
	const option = "allbackups"
	for _, b := range r.scenario.Backends {
		if b.Name == backend && slices.Contains(b.Option, option) {
			return true
		}
	}
	return slices.Contains(r.scenario.HAProxy.Defaults.EffectiveOption(), option)
}

func (c *capacity) findings() []Finding {
	var out []Finding
	for _, b := range c.run.scenario.Backends {
		low, ok := c.lowest[b.Name]
		if !ok && c.run.scenario.Expect.MinWeight > 0 {
			out = append(out, Finding{Invariant: "capacity", Result: Inconclusive, Text: fmt.Sprintf("the weight of the servers of %s is not known: not all were seen", b.Name)})
		}
		if !ok {
			continue
		}
		f := Finding{Invariant: "capacity", Result: Pass, First: low.at, Text: fmt.Sprintf("the weight of the servers of %s that are up never fell below %d", b.Name, low.weight)}
		if want := int64(c.run.scenario.Expect.MinWeight); low.weight < want {
			f.Result, f.Count = Fail, 1
			f.Text = fmt.Sprintf("the weight of the servers of %s that are up fell to %d at %s; %d is wanted", b.Name, low.weight, at(low.at), want)
			f.locate(c.run, low.at)
		}
		out = append(out, f)
	}
	return out
}
