package scenario

import (
	"fmt"

	"gopkg.in/yaml.v3"
)

// Listen is one listen section: a frontend and a backend of one name, in one.
//
// Parse makes a Frontend and a Backend of each, which are marked, come after
// the others and have its options in common. That they stand in one section
// is for those alone who write or check that.
type Listen struct {
	Name    string   `yaml:"name" required:"true" format:"name" doc:"Name of the listen section: its frontend and its backend are called so."`
	Bind    string   `yaml:"bind" required:"true" format:"bind" doc:"Address and port, as after the word bind: :80, 127.0.0.1:8080."`
	SSL     *SSL     `yaml:"ssl" doc:"A second bind line, with ssl; the lab makes the certificate."`
	Mode    string   `yaml:"mode" enum:"http,tcp" doc:"mode of this section, where it differs from the defaults."`
	Balance string   `yaml:"balance" enum:"roundrobin,static-rr,leastconn,first,source,random,uri" doc:"balance algorithm; HAProxy's own default is roundrobin."`
	Option  []string `yaml:"option" format:"option" doc:"HAProxy options of this section."`
	HTTPChk *HTTPChk `yaml:"httpchk" doc:"An HTTP health check (option httpchk) instead of a connection."`
	Retries *int     `yaml:"retries" min:"0" max:"100" doc:"retries: connection attempts after the first."`
	Servers []Server `yaml:"servers" required:"true" doc:"The servers and templates of servers, in order; one of them may stand without a list."`
}

func (l *Listen) frontend() Frontend {
	return Frontend{Name: l.Name, Bind: l.Bind, SSL: l.SSL, Mode: l.Mode, Option: l.Option, DefaultBackend: l.Name, Listen: true}
}

func (l *Listen) backend() Backend {
	return Backend{Name: l.Name, Mode: l.Mode, Balance: l.Balance, Option: l.Option, HTTPChk: l.HTTPChk, Retries: l.Retries, Servers: l.Servers, Listen: true}
}

// listens makes frontends and backends of the listen sections. What stood
// somewhere still does.
func (d *decoder) listens(s *Scenario) {
	frontends := make([]Frontend, len(s.Frontends), len(s.Frontends)+len(s.Listens))
	for i := range s.Frontends {
		frontends[i] = s.Frontends[i]
		d.inherit(&frontends[i], &s.Frontends[i], nil)
	}
	backends := make([]Backend, len(s.Backends), len(s.Backends)+len(s.Listens))
	for i := range s.Backends {
		backends[i] = s.Backends[i]
		d.inherit(&backends[i], &s.Backends[i], nil)
	}
	for i := range s.Listens {
		l := &s.Listens[i]
		frontends, backends = append(frontends, l.frontend()), append(backends, l.backend())
		d.inherit(&frontends[len(frontends)-1], l, map[string]string{"default_backend": "name"})
		d.inherit(&backends[len(backends)-1], l, nil)
		d.alias(fmt.Sprintf("frontends[%d]", len(frontends)-1), fmt.Sprintf("listens[%d]", i), nil)
		d.alias(fmt.Sprintf("backends[%d]", len(backends)-1), fmt.Sprintf("listens[%d]", i), l.Servers)
	}
	s.Frontends, s.Backends = frontends, backends
	d.bad[&s.Frontends] = d.bad[&s.Frontends] || d.bad[&s.Listens]
	d.bad[&s.Backends] = d.bad[&s.Backends] || d.bad[&s.Listens]
}

// alias gives what stands at path, and servers in it, a second path.
func (d *decoder) alias(second, path string, servers []Server) {
	d.paths[second] = d.paths[path]
	for i := range servers {
		d.paths[fmt.Sprintf("%s.servers[%d]", second, i)] = d.paths[fmt.Sprintf("%s.servers[%d]", path, i)]
	}
}

// proxies reports a scenario that has no frontend or no backend.
func (v *validator) proxies() {
	if v.nodes[v.s].Kind != yaml.MappingNode {
		return // said already
	}
	for _, p := range []struct {
		key   string
		count int
		field any
	}{{"frontends", len(v.s.Frontends), &v.s.Frontends}, {"backends", len(v.s.Backends), &v.s.Backends}} {
		switch {
		case p.count > 0, v.bad[p.field], v.misspelt(p.key), v.misspelt("listens"):
		case v.nodes[p.field] == nil:
			v.at(v.nodes[v.s], p.key+" is missing in the scenario", "a list; or listens, which has both", "")
		default:
			v.report("at least one; or listens, which has both", "", p.key+" is empty", p.field)
		}
	}
}

// misspelt says whether another key of the scenario was probably meant to be
// this one.
func (v *validator) misspelt(key string) bool {
	root := v.nodes[v.s]
	for i := 0; i < len(root.Content); i += 2 {
		if root.Content[i].Value != key && suggest(root.Content[i].Value, []string{key}) != "" {
			return true
		}
	}
	return false
}
