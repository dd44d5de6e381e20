package scenario

import (
	"fmt"
	"time"
)

func (v *validator) traffic() {
	v.trafficFrontends()
	t := &v.s.Traffic
	frontends := v.s.TrafficFrontends()
	if len(frontends) == 0 {
		frontends = []*Frontend{nil} // what does not depend on one
	}
	for _, f := range frontends {
		if t.Kept != nil && f != nil && v.ok(&t.Kept.Rate) && !v.bad[&t.Kept.Connections] {
			v.kept(t.Kept, f)
		}
		v.lanes(f)
		v.sslLanes(f)
	}
	v.stream()
}

// trafficFrontends checks that the frontends which the traffic goes to exist
// and can be counted together.
func (v *validator) trafficFrontends() {
	t := &v.s.Traffic
	var names []*string
	for i := range t.Frontends {
		names = append(names, &t.Frontends[i])
	}
	if len(names) == 0 {
		names = []*string{&t.Frontend}
	} else if t.Frontend != "" {
		v.report("frontend or frontends", "", "traffic has both a frontend and frontends", &t.Frontends)
	}
	seen := map[string]bool{}
	for _, name := range names {
		f, known := v.frontendNamed(*name), v.frontendNames()
		switch {
		case !v.ok(name) || v.bad[&v.s.Frontends]:
		case f == nil:
			v.report(list(known), meant(*name, known), fmt.Sprintf("unknown frontend %q", *name), name)
		case seen[*name]:
			v.report("every frontend once", "", fmt.Sprintf("frontend %s stands here twice", *name), name)
		case v.s.mode(f.Mode) != v.s.mode(v.s.TrafficFrontend().Mode):
			v.report("frontends of one mode", "", fmt.Sprintf("frontend %s is mode %s, frontend %s is not: one counts requests and the other connections",
				*name, v.s.mode(f.Mode), v.s.TrafficFrontend().Name), name)
		}
		seen[*name] = true
	}
}

// nginxKeepAlive is how long nginx leaves an idle connection open (nginx
// keepalive_timeout, 75s); in mode tcp it is what ends one.
const nginxKeepAlive = 75 * time.Second

// kept reports connections that come to their turn so rarely that the other
// side closes them in between: every request would be on a new connection.
func (v *validator) kept(k *Kept, f *Frontend) {
	idle := time.Duration(float64(k.Conns()) / k.Rate * float64(time.Second))
	if limit, what := v.keepAlive(f); idle >= limit {
		v.report(fmt.Sprintf("fewer connections or a higher rate, so that each is used within %s (%s)", limit, what), "",
			fmt.Sprintf("%d connections at %g/s: each is used once in %s and closed before", k.Conns(), k.Rate, idle.Round(time.Second)),
			&k.Connections, &k.Rate)
	}
}

// keepAlive is how long a connection to the frontend may be idle, and what
// ends it then.
func (v *validator) keepAlive(f *Frontend) (limit time.Duration, what string) {
	limit, what = nginxKeepAlive, "nginx"
	timeout := v.s.HAProxy.Defaults.EffectiveTimeout()
	for _, t := range []struct {
		d    Duration
		name string
	}{{timeout.HTTPKeepAlive, "timeout http-keep-alive"}, {timeout.Client, "timeout client"}} {
		if v.s.ModeOf(f.Name) == ModeHTTP && t.d != 0 {
			return t.d.D(), t.name
		}
		if t.name == "timeout client" && t.d != 0 && t.d.D() < limit {
			limit, what = t.d.D(), t.name
		}
	}
	return limit, what
}
