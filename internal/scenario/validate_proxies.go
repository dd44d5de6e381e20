package scenario

import (
	"fmt"
	"net/netip"
	"strings"
)

// names reports names that stand twice where HAProxy wants them once. A
// frontend and a backend may share one (HAProxy manual 4, Proxies).
func (v *validator) names() {
	v.frontendNamesOnce()
	seen := map[string]*Backend{}
	for i := range v.s.Backends {
		b := &v.s.Backends[i]
		v.serverNamesOnce(b)
		if !v.ok(&b.Name) {
			continue
		}
		if first := seen[b.Name]; first != nil {
			v.twice("backend", b.Name, &b.Name, &first.Name)
			continue
		}
		seen[b.Name] = b
	}
}

func (v *validator) frontendNamesOnce() {
	seen := map[string]*Frontend{}
	for i := range v.s.Frontends {
		f := &v.s.Frontends[i]
		if !v.ok(&f.Name) {
			continue
		}
		if first := seen[f.Name]; first != nil {
			v.twice("frontend", f.Name, &f.Name, &first.Name)
			continue
		}
		seen[f.Name] = f
		if b := v.backendNamed(f.Name); b != nil && v.s.mode(b.Mode) != v.s.mode(f.Mode) {
			v.report("another name for one of them", "", fmt.Sprintf("frontend and backend %s differ in mode", f.Name), &f.Name)
		}
	}
}

func (v *validator) serverNamesOnce(b *Backend) {
	seen := map[string]*Server{}
	for i := range b.Servers {
		srv := &b.Servers[i]
		switch first := seen[srv.Name]; {
		case !v.ok(&srv.Name):
		case srv.Name == "FRONTEND" || srv.Name == "BACKEND":
			v.report("another name", strings.ToLower(srv.Name), fmt.Sprintf("%s is the name of a line of show stat", srv.Name), &srv.Name)
		case first != nil:
			v.twice("server", srv.Name, &srv.Name, &first.Name)
		default:
			seen[srv.Name] = srv
		}
	}
}

func (v *validator) twice(what, name string, second, first *string) {
	v.report("every "+what+" once", "", fmt.Sprintf("%s %q stands in line %d already", what, name, v.lineOf(first)), second)
}

// listener is something that listens on an address and port.
type listener struct {
	text  *string
	what  string // "server bk_app/nginx1", "frontend app"
	front bool
}

// addresses reports two listeners of one address and port: two servers, two
// frontends, or HAProxy as its own server.
func (v *validator) addresses() {
	var all []listener
	for i := range v.s.Frontends {
		all = append(all, listener{&v.s.Frontends[i].Bind, "frontend " + v.s.Frontends[i].Name, true})
		if ssl := v.s.Frontends[i].SSL; ssl != nil {
			all = append(all, listener{&ssl.Bind, "frontend " + v.s.Frontends[i].Name, true})
		}
	}
	for b := range v.s.Backends {
		for i := range v.s.Backends[b].Servers {
			srv := &v.s.Backends[b].Servers[i]
			all = append(all, listener{&srv.Address, "server " + v.s.Backends[b].Name + "/" + srv.Name, false})
		}
	}
	ports := map[string][]listener{}
	for _, l := range all {
		if !v.ok(l.text) {
			continue
		}
		port := (*l.text)[strings.LastIndexByte(*l.text, ':')+1:]
		for _, other := range ports[port] {
			if overlap(l, other) {
				v.report("an address and port of its own", "", fmt.Sprintf("%s is the address of %s in line %d already", *l.text, other.what, v.lineOf(other.text)), l.text)
				break
			}
		}
		ports[port] = append(ports[port], l)
	}
}

// overlap says whether two listeners of the same port take the same address.
// A frontend on all addresses takes a server's only where that is this
// machine's for certain.
func overlap(a, b listener) bool {
	x, y := hostOf(*a.text), hostOf(*b.text)
	if x == y {
		return true
	}
	if !covers(x, y) && !covers(y, x) {
		return false
	}
	if a.front && b.front {
		return true
	}
	return isLoopback(x) || isLoopback(y)
}

// covers says whether host a stands for every address of b's family.
func covers(a, b string) bool {
	all, err := netip.ParseAddr(a)
	if err != nil || !all.IsUnspecified() {
		return false
	}
	one, err := netip.ParseAddr(b)
	return err == nil && one.Is4() == all.Is4() || b == "localhost"
}

func isLoopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback() || host == "localhost"
}

// hostOf is the address before the port, in one spelling.
func hostOf(text string) string {
	host := strings.Trim(text[:strings.LastIndexByte(text, ':')], "[]")
	if host == "" || host == "*" {
		return "0.0.0.0"
	}
	if addr, err := netip.ParseAddr(host); err == nil {
		return addr.Unmap().String()
	}
	return strings.ToLower(host)
}

func (v *validator) frontend(f *Frontend) {
	mode := v.s.mode(f.Mode)
	if f.Listen {
		v.options("a listen section", f.Option, mode, true, true)
	} else {
		v.options("a frontend", f.Option, mode, true, false)
	}
	v.ssl(f)
	if !v.ok(&f.DefaultBackend) {
		return
	}
	b := v.backendNamed(f.DefaultBackend)
	if b == nil {
		if known := v.backendNames(); v.s.certain() {
			v.report(list(known), meant(f.DefaultBackend, known), fmt.Sprintf("unknown backend %q", f.DefaultBackend), &f.DefaultBackend)
		}
		return
	}
	if mode == ModeHTTP && v.s.mode(b.Mode) == ModeTCP {
		v.report("the same mode in both", "", fmt.Sprintf("frontend %s is mode http, its backend %s is mode tcp: HAProxy refuses that", f.Name, b.Name),
			&f.DefaultBackend)
	}
}

func (v *validator) backend(b *Backend) {
	mode := v.s.mode(b.Mode)
	if !b.Listen { // the frontend of the section has the same
		v.options("a backend", b.Option, mode, false, true)
	}
	if b.Balance == "uri" && mode == ModeTCP {
		v.report("balance of mode tcp: roundrobin, leastconn, source, …", "", "balance uri needs mode http", &b.Balance)
	}
	active := 0
	for i := range b.Servers {
		v.server(b, &b.Servers[i])
		if !b.Servers[i].Backup || v.bad[&b.Servers[i].Backup] {
			active++
		}
	}
	if active == 0 && len(b.Servers) > 0 {
		v.report("a server without backup: true", "", "a backup without an active server: every server of backend "+b.Name+" is one", &b.Servers[0].Backup)
	}
}

// server reports parameters that do nothing without another.
func (v *validator) server(b *Backend, s *Server) {
	for _, p := range []struct {
		p    any
		name string
	}{{&s.Inter, "inter"}, {&s.Rise, "rise"}, {&s.Fall, "fall"}, {&s.Observe, "observe"}} {
		if v.ok(p.p) && !s.Check && !v.bad[&s.Check] {
			v.report("check: true", "", fmt.Sprintf("%s does nothing without check", p.name), p.p)
		}
	}
	if s.Observe == "" && !v.bad[&s.Observe] {
		for _, p := range []struct {
			p    any
			name string
		}{{&s.ErrorLimit, "error-limit"}, {&s.OnError, "on-error"}} {
			if v.ok(p.p) {
				v.report("observe: layer4 or layer7", "", fmt.Sprintf("%s does nothing without observe", p.name), p.p)
			}
		}
	}
	if s.Observe == "layer7" && v.s.mode(b.Mode) == ModeTCP {
		v.report("observe: layer4", "", "observe layer7 needs mode http", &s.Observe)
	}
}

func (v *validator) backendNamed(name string) *Backend {
	for i := range v.s.Backends {
		if v.s.Backends[i].Name == name {
			return &v.s.Backends[i]
		}
	}
	return nil
}

func (v *validator) frontendNamed(name string) *Frontend {
	for i := range v.s.Frontends {
		if v.s.Frontends[i].Name == name {
			return &v.s.Frontends[i]
		}
	}
	return nil
}

func (v *validator) backendNames() []string {
	var out []string
	for i := range v.s.Backends {
		out = append(out, v.s.Backends[i].Name)
	}
	return out
}

func (v *validator) frontendNames() []string {
	var out []string
	for i := range v.s.Frontends {
		out = append(out, v.s.Frontends[i].Name)
	}
	return out
}
