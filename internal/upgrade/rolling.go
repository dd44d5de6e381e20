package upgrade

import (
	"cmp"
	"time"

	"halab/internal/haproxy"
	"halab/internal/scenario"
)

// rolling takes the servers of a backend out, replaces their nginx and puts
// them back, a batch at a time:
//
//	maint, sessions at zero, replace, ready, plainly UP
//
// Nothing in flight is cut: a server is ended only when it has no session
// left, and the next batch waits until the last one passes its checks.
type rolling struct {
	Backend string              `yaml:"backend" format:"name" doc:"The backend whose servers are rolled, in their order; or name them in servers."`
	Servers []haproxy.ServerRef `yaml:"servers" doc:"The servers to roll, in order."`
	Nginx   string              `yaml:"nginx" required:"true" format:"version" doc:"The nginx version that they get."`
	Batch   int                 `yaml:"batch" min:"1" max:"1000" doc:"How many at a time; 1 unless said otherwise."`
	Drain   scenario.Duration   `yaml:"drain" doc:"How long a server may take to lose its last session; 30s unless said otherwise."`
	Health  scenario.Duration   `yaml:"health" doc:"How long a server may take to pass its checks; 30s unless said otherwise."`
}

// Validate checks that there are servers, and that they exist.
func (r *rolling) Validate(c *scenario.Check) {
	for i := range r.Servers {
		c.ServerRef("servers", &r.Servers[i])
	}
	switch servers := r.servers(c.Scenario()); {
	case r.Backend != "" && len(r.Servers) > 0:
		c.Errorf("servers", "backend or servers", "", "rolling has both a backend and servers")
	case r.Backend == "" && len(r.Servers) == 0:
		c.Errorf("", "backend: NAME, or servers: [backend/server, …]", "", "rolling does not say which servers")
	case len(servers) == 0:
		c.Errorf("backend", "a backend of this scenario", "", "unknown backend %q", r.Backend)
	case r.batch() >= len(servers) && len(servers) > 1:
		c.Errorf("batch", "fewer than all of them", "", "a batch of %d takes all %d servers out at once", r.batch(), len(servers))
	}
}

func (r *rolling) batch() int { return max(1, r.Batch) }

func (r *rolling) servers(s *scenario.Scenario) []haproxy.ServerRef {
	if len(r.Servers) > 0 {
		return r.Servers
	}
	var out []haproxy.ServerRef
	for _, ref := range s.ServerRefs() {
		if ref.Backend == r.Backend {
			out = append(out, ref)
		}
	}
	return out
}

// gate is the patience of rolling with a server.
const gate = scenario.Duration(30 * time.Second)

func (r *rolling) expand(s *scenario.Scenario) []scenario.Step {
	var out []scenario.Step
	servers := r.servers(s)
	for len(servers) > 0 {
		batch := servers[:min(r.batch(), len(servers))]
		servers = servers[len(batch):]
		for _, ref := range batch {
			out = append(out, maintStep(ref))
		}
		for _, ref := range batch {
			out = append(out, drainedStep(ref, cmp.Or(r.Drain, gate)))
		}
		for _, ref := range batch {
			out = append(out, replaceStep(ref, r.Nginx))
		}
		for _, ref := range batch {
			out = append(out, readyStep(ref))
		}
		for _, ref := range batch {
			out = append(out, upStep(ref, cmp.Or(r.Health, gate)))
		}
	}
	return out
}
