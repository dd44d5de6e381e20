package rehearse

import (
	"strconv"
	"sync/atomic"

	"halab/internal/history"
	"halab/internal/probe"
	"halab/internal/scenario"
)

// Target is what the traffic of a scenario asks of a frontend at this address,
// and what a right answer is.
func Target(s *scenario.Scenario, f *scenario.Frontend, address string) probe.Target {
	t := s.Traffic
	return probe.Target{
		Address: address, Path: t.EffectivePath(),
		Timeout: t.TimeoutD(), Status: s.Expect.Statuses(), Bodies: pages(s, f.DefaultBackend), PageHeaders: true,
	}
}

// pages are the right pages of a backend, by the server that answers. A server
// of another backend, which a command of the user's may have put there, is right
// where the scenario gives it a page that this backend has; that two servers
// have one name, and so one page, makes them no copies of each other.
func pages(s *scenario.Scenario, backend string) map[string]string {
	out, here := map[string]string{}, map[string]bool{}
	for _, ref := range s.ServerRefs() {
		if srv := s.Server(ref); ref.Backend == backend {
			out[ref.String()] = srv.Body(ref.Server)
			here[srv.Content] = true
		}
	}
	for _, ref := range s.ServerRefs() {
		if srv := s.Server(ref); ref.Backend != backend && srv.Content != "" && here[srv.Content] {
			out[ref.String()] = srv.Body(ref.Server)
		}
	}
	return out
}

// probers are those of the traffic, one for each frontend that it goes to.
func (r *run) probers() []*probe.Prober {
	var out []*probe.Prober
	conns := new(atomic.Int64)
	for i, f := range r.Scenario.TrafficFrontends() {
		target := Target(r.Scenario, f, r.lab.Frontends[f.Name])
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
