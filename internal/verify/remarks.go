package verify

import (
	"fmt"
)

// maxNamed bounds the servers that one remark names.
const maxNamed = 5

// remarks are what a reader has to know beside the reasons.
func (r *run) remarks() []string {
	return append(r.unreached(), r.commands.remarks()...)
}

// unreached tells of what no request came to, of which the run shows nothing.
func (r *run) unreached() []string {
	var out, servers []string
	for _, f := range r.scenario.Frontends {
		if !r.asked(f.Name) {
			out = append(out, fmt.Sprintf("frontend %s got no traffic", f.Name))
		}
	}
	if u := r.tally.servers[""]; u != nil && u.Answers > 0 {
		return out // of some answers the server is not known
	}
	for _, ref := range r.scenario.ServerRefs() {
		if s := r.tally.servers[ref.String()]; s == nil || s.Answers == 0 {
			servers = append(servers, ref.String())
		}
	}
	if more := len(servers) - maxNamed; more > 0 {
		servers = append(servers[:maxNamed], "another "+plural(int64(more), "server"))
	}
	if len(servers) > 0 {
		out = append(out, "no request was answered by "+words(servers))
	}
	return out
}
