package render

import (
	"fmt"
	"strconv"

	parser "github.com/haproxytech/config-parser/v5"
	"github.com/haproxytech/config-parser/v5/types"

	"halab/internal/haproxy"
	"halab/internal/scenario"
)

// proxies are the sections of the scenario's frontends and backends. The two
// of a listen section come where its frontend does.
func proxies(s *scenario.Scenario, t Target) []part {
	var parts []part
	listens := map[string]int{} // their backends by name
	for i := range s.Backends {
		if s.Backends[i].Listen {
			listens[s.Backends[i].Name] = i
			continue
		}
		parts = append(parts, part{section: backend(s, &s.Backends[i], t), origin: fmt.Sprintf("backends[%d]", i)})
	}
	for i := range s.Frontends {
		if f := &s.Frontends[i]; f.Listen {
			b := listens[f.Name]
			parts = append(parts, part{section: listen(s, f, &s.Backends[b], t), origin: fmt.Sprintf("backends[%d]", b)})
			continue
		}
		parts = append(parts, part{section: frontend(s, &s.Frontends[i], t), origin: fmt.Sprintf("frontends[%d]", i)})
	}
	return parts
}

func backend(s *scenario.Scenario, src *scenario.Backend, t Target) *section {
	b := newSection(parser.Backends, src.Name)
	b.common(src.Mode, src.Option, t)
	balancing(b, s, src, t)
	return b
}

// balancing is what only a section with servers has.
func balancing(b *section, s *scenario.Scenario, src *scenario.Backend, t Target) {
	if src.Balance != "" {
		b.set("balance", &types.Balance{Algorithm: src.Balance})
	}
	if src.Retries != nil {
		b.set("retries", &types.Int64C{Value: int64(*src.Retries)})
	}
	httpchk(b, src.HTTPChk)
	for i := range src.Servers {
		ref := haproxy.ServerRef{Backend: src.Name, Server: src.Servers[i].Name}
		b.add("server", server(&src.Servers[i], ref, t))
	}
}

func httpchk(b *section, c *scenario.HTTPChk) {
	if c == nil {
		return
	}
	uri := c.URI
	if uri == "" {
		uri = "/"
	}
	method := c.Method
	if method == "" {
		method = "OPTIONS"
	}
	b.set("option httpchk", &types.OptionHttpchk{Method: method, URI: uri})
	if c.Status != 0 {
		b.raw("http-check expect status " + strconv.Itoa(c.Status))
	}
}

func frontend(s *scenario.Scenario, src *scenario.Frontend, t Target) *section {
	f := newSection(parser.Frontends, src.Name)
	f.common(src.Mode, src.Option, t)
	accepting(f, s, src, t)
	f.set("default_backend", &types.StringC{Value: src.DefaultBackend})
	return f
}

// listen is a frontend and a backend in one section.
func listen(s *scenario.Scenario, front *scenario.Frontend, back *scenario.Backend, t Target) *section {
	l := newSection(parser.Listen, front.Name)
	l.common(front.Mode, front.Option, t)
	accepting(l, s, front, t)
	balancing(l, s, back, t)
	return l
}

// accepting is what only a section that listens has.
func accepting(f *section, s *scenario.Scenario, src *scenario.Frontend, t Target) {
	address, comment := src.Bind, ""
	if own, ok := t.Binds[src.Name]; ok && own != src.Bind {
		address, comment = own, lab+": "+src.Bind+" in the scenario"
	}
	f.add("bind", types.Bind{Path: address, Comment: comment})
	if src.SSL != nil {
		f.add("bind", sslBind(src, t))
	}
	if t.Plain {
		return
	}
	format := haproxy.LogFormatTCP
	if s.ModeOf(src.Name) == "http" {
		format = haproxy.LogFormat
		for _, rule := range haproxy.LogRules() {
			f.raw(rule + " # " + lab)
		}
	}
	f.set("log-format", &types.StringC{Value: haproxy.QuoteArg(format), Comment: lab})
	if s.HAProxy.Defaults.Bare {
		f.add("log", types.Log{Global: true, Comment: lab})
	}
}
