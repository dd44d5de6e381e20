package rehearse

import (
	"strconv"
	"sync/atomic"

	"halab/internal/history"
	"halab/internal/probe"
	"halab/internal/scenario"
)

// Target is what the traffic of a scenario asks at this address, and what a
// right answer is.
func Target(s *scenario.Scenario, address string) probe.Target {
	t := s.Traffic
	bodies := map[string]string{}
	for _, ref := range s.ServerRefs() {
		bodies[ref.String()] = s.Server(ref).Body(ref.Server)
	}
	return probe.Target{
		Address: address, Path: t.EffectivePath(),
		Timeout: t.TimeoutD(), Status: s.Expect.Statuses(), Bodies: bodies, PageHeaders: true,
	}
}

// probers are those of the traffic, one for each frontend that it goes to.
func (r *run) probers() []*probe.Prober {
	var out []*probe.Prober
	conns := new(atomic.Int64)
	for i, f := range r.Scenario.TrafficFrontends() {
		target := Target(r.Scenario, r.lab.Frontends[f.Name])
		target.TLS, target.CA = r.lab.SSL[f.Name], r.lab.CA
		target.EndStreams, target.Seed = r.lab.EndStreams, r.Seed
		target.Frontend, target.Conns = r.laneFrontend(f), conns
		if i > 0 {
			target.Mark = "." + strconv.Itoa(i+1)
		}
		out = append(out, probe.New(target, r.started, r.request))
	}
	return out
}

// lanes are the lanes of all frontends.
func (r *run) lanes() []history.Lane {
	var out []history.Lane
	for _, f := range r.Scenario.TrafficFrontends() {
		out = append(out, probe.Lanes(r.Scenario.Traffic, r.laneFrontend(f))...)
	}
	return out
}

// laneFrontend is what the lanes of a frontend are named after: nothing where
// there is no other.
func (r *run) laneFrontend(f *scenario.Frontend) string {
	if len(r.Scenario.TrafficFrontends()) == 1 {
		return ""
	}
	return f.Name
}
