package scenario

import (
	"fmt"
	"slices"
	"time"

	"gopkg.in/yaml.v3"

	"halab/internal/haproxy"
)

// Check is what a step's arguments are validated against, and where they
// report their mistakes.
type Check struct {
	v     *validator
	d     *decoder
	s     *Scenario
	index int
	at    string // path of the step
	base  string // path of its arguments
}

// Waiter is implemented by the arguments of a step that passes a set time, so
// that a run stays bounded as a whole.
type Waiter interface {
	// Wait is how long the step takes at most because of its own arguments.
	Wait() time.Duration
}

// Scenario is the whole scenario. Its names are already checked, its steps
// only as far as Before goes.
func (c *Check) Scenario() *Scenario { return c.s }

// Index is the position of this step in Scenario().Steps.
func (c *Check) Index() int { return c.index }

// Before are the steps before this one. Args is nil where a step was wrong.
func (c *Check) Before() []Step { return c.s.Steps[:c.index] }

// Errorf reports a mistake at a field of the step, named by its key in YAML;
// "" is the step as a whole. want says what was expected, hint what was
// probably meant; both may be empty.
func (c *Check) Errorf(field, want, hint, format string, args ...any) {
	c.d.at(c.node(field), fmt.Sprintf(format, args...), want, hint)
}

// In is the check of what stands in the field of this name.
func (c *Check) In(field string) *Check {
	inner := *c
	inner.base = join(c.base, field)
	return &inner
}

// node is where the field stands; the step itself where it is silent, or
// where the step is written in its short form.
func (c *Check) node(field string) *yaml.Node {
	if n := c.d.paths[join(c.base, field)]; n != nil && field != "" {
		return n
	}
	if n := c.d.paths[c.base]; n != nil && (n.Kind == yaml.ScalarNode || field == "") {
		return n
	}
	return c.d.paths[c.at]
}

// Steps checks steps that are arguments of this one, in the field of this
// name.
func (c *Check) Steps(field string, steps []Step) {
	for i := range steps {
		c.v.step(&steps[i], c.index, fmt.Sprintf("%s[%d]", join(c.base, field), i))
	}
}

// ServerRef completes ref, which may name a server alone, and reports one that
// is not in the scenario at field. It says whether ref is known now.
func (c *Check) ServerRef(field string, ref *haproxy.ServerRef) bool {
	full, msg, want, hint := c.s.find(*ref)
	if msg != "" {
		c.Errorf(field, want, hint, "%s", msg)
		return false
	}
	*ref = full
	return c.s.certain()
}

// find returns the server that ref names, in full, or what is wrong.
func (s *Scenario) find(ref haproxy.ServerRef) (full haproxy.ServerRef, msg, want, hint string) {
	known := s.ServerRefs()
	var same, texts, bare []string
	for _, k := range known {
		texts = append(texts, k.String())
		bare = append(bare, k.Server)
		if ref.Server == k.Server {
			same, full = append(same, k.String()), k
		}
	}
	switch {
	case ref.Backend != "" && slices.Contains(known, ref), !s.certain():
		return ref, "", "", ""
	case ref.Backend == "" && len(same) == 1:
		return full, "", "", ""
	case ref.Backend == "" && len(same) > 1:
		return ref, fmt.Sprintf("server %q is in more than one backend", ref.Server), list(same), ""
	case ref.Backend == "" && slices.ContainsFunc(known, func(k haproxy.ServerRef) bool { return k.Backend == ref.Server }):
		return ref, fmt.Sprintf("%s is a backend, not a server", quoted(ref.Server)), list(texts), ""
	case ref.Backend == "":
		return ref, fmt.Sprintf("unknown server %s", quoted(ref.Server)), list(texts), meant(ref.Server, bare)
	}
	if hint = meant(ref.String(), texts); hint == "" {
		hint = meant(ref.Server+"/"+ref.Backend, texts) // the other way round
	}
	if hint == "" && len(same) == 1 {
		hint = fmt.Sprintf("did you mean %q?", same[0])
	}
	return ref, fmt.Sprintf("unknown server %s", quoted(ref.String())), list(texts), hint
}

// certain says whether every name of a backend or server could be read. Where
// not, an unknown one may be among those and nothing is said about it.
func (s *Scenario) certain() bool {
	for b := range s.Backends {
		if s.Backends[b].Name == "" || len(s.Backends[b].Servers) == 0 {
			return false
		}
		for i := range s.Backends[b].Servers {
			if s.Backends[b].Servers[i].Name == "" {
				return false
			}
		}
	}
	return len(s.Backends) > 0
}

// ServerRefs are all servers, in the order of the file.
func (s *Scenario) ServerRefs() []haproxy.ServerRef {
	var out []haproxy.ServerRef
	for b := range s.Backends {
		for i := range s.Backends[b].Servers {
			out = append(out, haproxy.ServerRef{Backend: s.Backends[b].Name, Server: s.Backends[b].Servers[i].Name})
		}
	}
	return out
}
