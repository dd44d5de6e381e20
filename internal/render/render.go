// Package render owns the way from a scenario to configuration files: one
// haproxy.cfg and one nginx.conf a server.
//
// It never touches the disk, never starts anything, and never decides where
// the lab puts things: that is told to it in a Target.
package render

import (
	"fmt"
	"strings"
	"sync"

	"halab/internal/haproxy"
	"halab/internal/scenario"
	"halab/templates"
)

// Target says where the lab puts things, as the programs will see them. The
// zero Target with Plain set renders what the scenario says and nothing else.
type Target struct {
	// Plain leaves out everything that the lab adds.
	Plain bool
	// Dir is the directory that every program of the lab may write to.
	Dir string
	// Binds is the bind address of a frontend, where it differs from the
	// scenario's.
	Binds map[string]string
	// SSLBinds is the same for the bind lines with ssl.
	SSLBinds map[string]string
	// Certificate is the path of the PEM file with the lab's certificate and
	// its key; "" is CertificateFile in Dir.
	Certificate string
	// Servers is where a server is, where that differs from the scenario.
	Servers map[haproxy.ServerRef]Place
	// Sockets are the addresses of the stats sockets: a path, or
	// ipv4@127.0.0.1:9999.
	Sockets []string
	// LogSocket is the path of the unix stream socket on which halab reads
	// HAProxy's log; without one the log goes to standard error.
	LogSocket string
	// Streams is the path of the unix socket at which streams end; without
	// one nginx has no locations for them.
	Streams string
	// Daemons are the servers whose nginx puts itself into the background, as
	// it has to before it can be upgraded in place.
	Daemons []haproxy.ServerRef
	// User is the user that nginx's workers run as; only the superuser may
	// set one.
	User string
	// Versions are the versions that really run, by server, for the comment
	// on top of each nginx.conf; the scenario's where one is missing.
	Versions map[haproxy.ServerRef]string
}

// stays reports whether the lab is one that halab up leaves to people: halab
// itself reads no log of it.
func (t Target) stays() bool { return !t.Plain && t.LogSocket == "" }

// Place is where one server listens.
type Place struct {
	// Connect is the address on HAProxy's server line.
	Connect string
	// Listen is the argument of nginx's listen directive.
	Listen string
	// Relayed says that at Connect there is a relay of the lab's.
	Relayed bool
}

// Files are the rendered configurations.
type Files struct {
	HAProxy []byte
	// Nginx is one nginx.conf a server.
	Nginx map[haproxy.ServerRef][]byte
	// Pages are what the servers serve.
	Pages map[haproxy.ServerRef][]byte
	// Browser is the page that browsers get; nil where they get what others get.
	Browser []byte
	// Download is the size in bytes of the long response that every server
	// has too; 0: none.
	Download int64
	// Origins tells for each line of HAProxy (from 0) which part of the
	// scenario it came from, as a path like "backends[0].servers[1]"; empty
	// for lines of the lab.
	Origins []string
}

// parsing guards config-parser, which keeps the name of the last defaults
// section in a variable of its package.
var parsing sync.Mutex

// Render renders every file. The same scenario and target give the same
// bytes.
func Render(s *scenario.Scenario, t Target) (Files, error) {
	parsing.Lock()
	cfg, origins, err := haproxyCfg(s, t)
	parsing.Unlock()
	if err != nil {
		return Files{}, fmt.Errorf("render haproxy.cfg: %w", err)
	}
	f := Files{HAProxy: cfg, Origins: origins, Nginx: map[haproxy.ServerRef][]byte{}, Pages: map[haproxy.ServerRef][]byte{}}
	if d := s.Traffic.Download; d != nil {
		f.Download = d.Bytes()
	}
	if t.stays() {
		f.Browser = templates.Browser
	}
	tmpl, err := nginxTemplate()
	if err != nil {
		return Files{}, err
	}
	for b := range s.Backends {
		for i := range s.Backends[b].Servers {
			ref := haproxy.ServerRef{Backend: s.Backends[b].Name, Server: s.Backends[b].Servers[i].Name}
			if f.Nginx[ref], err = nginxConf(tmpl, s, ref, t); err != nil {
				return Files{}, err
			}
			f.Pages[ref] = []byte(s.Backends[b].Servers[i].Body(ref.Server))
		}
	}
	return f, nil
}

// FileName is the base name under which a server's files are kept: its
// backend and server, with everything but letters, digits, dots, dashes and
// underscores replaced so that it names one file. A dash of the backend
// becomes an equals sign, so that a/b-c and a-b/c are two files.
func FileName(ref haproxy.ServerRef) string {
	clean := func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '-', r == '.', r == '_':
			return r
		}
		return '~'
	}
	backend := strings.ReplaceAll(strings.Map(clean, ref.Backend), "-", "=")
	return "nginx-" + backend + "-" + strings.Map(clean, ref.Server)
}
