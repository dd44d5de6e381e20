package report

import (
	"strings"

	"halab/internal/verify"
)

func textLanes(p *painter, v *verify.Verdict) {
	p.heading("How many, and how sure")
	g := grid{
		head:  []string{"lane", "sent", "ok", "lost", "stale", "unsent", "largest gap", "rate of loss"},
		right: []bool{false, true, true, true, true, true, true},
	}
	for i := range v.Lanes {
		l := &v.Lanes[i]
		as := Normal
		if l.Lost > 0 {
			as = Bad
		}
		g.add(as, visible(l.Name), count(l.Sent), count(l.OK), count(l.Lost), count(l.Stale), count(l.Unsent), gapOf(l), rate(l))
	}
	g.write(p)
	if l, ok := blind(v); ok {
		p.wrapped("  ", unseen(l)+" that is shorter than "+length(l.Largest)+
			" could have gone unseen. Where nothing was lost the true rate is below 3/n with 95 % confidence.", Normal)
	}
}

func textServers(p *painter, v *verify.Verdict) {
	if len(v.Servers) == 0 {
		return
	}
	p.line("")
	g := grid{head: []string{"answers", "of server", "Server header"}, right: []bool{true}}
	for _, s := range v.Servers {
		name := visible(s.Name)
		if name == "" {
			name = "(not known)"
		}
		g.add(Normal, count(s.Answers), name, visible(strings.Join(s.Headers, ", ")))
	}
	g.write(p)
}

func textLatency(p *painter, v *verify.Verdict) {
	if len(v.Latency) == 0 {
		return
	}
	p.heading("Latency, counted from the time at which a request was due")
	g := grid{
		head:  []string{"lane", "steps", "answers", "p50", "p99", "max"},
		right: []bool{false, false, true, true, true, true},
	}
	last := ""
	for _, l := range v.Latency {
		name := ""
		if l.Lane != last {
			name, last = l.Lane, l.Lane
		}
		g.add(Normal, visible(name), visible(l.Phase), count(l.Count), length(l.P50), length(l.P99), length(l.Max))
	}
	g.write(p)
}
