package scenario

import (
	"slices"
	"strings"
	"time"
)

// This file is the one place of every default: silent fields stay zero in the
// types, and these methods return what holds.

// EffectiveMode is the mode of proxies that set none: http, or tcp where there
// are no defaults at all, as in HAProxy.
func (d Defaults) EffectiveMode() string {
	switch {
	case d.Mode != "":
		return d.Mode
	case d.Bare:
		return ModeTCP
	}
	return ModeHTTP
}

// The values of mode.
const (
	ModeHTTP = "http"
	ModeTCP  = "tcp"
)

// EffectiveOption is what Debian's stock haproxy.cfg sets, and after it what
// the scenario adds. In mode tcp the log is tcplog, since HAProxy would fall
// back to it with a warning.
func (d Defaults) EffectiveOption() []string {
	if d.Bare {
		return slices.Clone(d.Option)
	}
	log := "httplog"
	if d.EffectiveMode() == ModeTCP {
		log = "tcplog"
	}
	var out []string
	for _, stock := range []string{log, "dontlognull"} {
		if !slices.ContainsFunc(d.Option, func(o string) bool { return firstField(o) == stock }) {
			out = append(out, stock)
		}
	}
	return append(out, d.Option...)
}

func firstField(text string) string {
	first, _, _ := strings.Cut(text, " ")
	return first
}

// EffectiveTimeout fills in what Debian's stock haproxy.cfg sets: connect 5s,
// client 50s, server 50s.
func (d Defaults) EffectiveTimeout() Timeouts {
	t := d.Timeout
	if !d.Bare {
		t.Connect = or(t.Connect, 5*time.Second)
		t.Client = or(t.Client, 50*time.Second)
		t.Server = or(t.Server, 50*time.Second)
	}
	return t
}

func or(d Duration, otherwise time.Duration) Duration {
	if d == 0 {
		return Duration(otherwise)
	}
	return d
}

// ModeOf is the mode, http or tcp, of the frontend or backend of that name.
// Where both have it they have the same mode. An unknown name has that of the
// defaults.
func (s *Scenario) ModeOf(name string) string {
	for i := range s.Frontends {
		if s.Frontends[i].Name == name {
			return s.mode(s.Frontends[i].Mode)
		}
	}
	for i := range s.Backends {
		if s.Backends[i].Name == name {
			return s.mode(s.Backends[i].Mode)
		}
	}
	return s.HAProxy.Defaults.EffectiveMode()
}

func (s *Scenario) mode(own string) string {
	if own != "" {
		return own
	}
	return s.HAProxy.Defaults.EffectiveMode()
}

// TrafficFrontends are the frontends that the traffic goes to, those that
// there are.
func (s *Scenario) TrafficFrontends() []*Frontend {
	names := s.Traffic.Frontends
	if len(names) == 0 {
		names = []string{s.Traffic.Frontend}
	}
	var out []*Frontend
	for _, name := range names {
		if i := slices.IndexFunc(s.Frontends, func(f Frontend) bool { return name == "" || f.Name == name }); i >= 0 {
			out = append(out, &s.Frontends[i])
		}
	}
	return out
}

// TrafficFrontend is the first of TrafficFrontends, to which steps send their
// GETs; nil if there is none of that name.
func (s *Scenario) TrafficFrontend() *Frontend {
	if all := s.TrafficFrontends(); len(all) > 0 {
		return all[0]
	}
	return nil
}

// Reached says whether the traffic goes to this backend.
func (s *Scenario) Reached(backend string) bool {
	return slices.ContainsFunc(s.TrafficFrontends(), func(f *Frontend) bool { return f.DefaultBackend == backend })
}

// EffectiveMethod is the method of the check; OPTIONS as in HAProxy.
func (c HTTPChk) EffectiveMethod() string {
	if c.Method == "" {
		return "OPTIONS"
	}
	return c.Method
}

// EffectiveURI is the path of the check: /.
func (c HTTPChk) EffectiveURI() string { return path(c.URI) }

// Body is the page of the server of that name, which is server.Name or what
// else the page should call it: a line with the name where content is silent.
func (s Server) Body(name string) string {
	if s.Content == "" {
		return name + "\n"
	}
	return s.Content
}

// InterD is the time between two checks: 2s, HAProxy's own default.
func (s Server) InterD() time.Duration { return or(s.Inter, 2*time.Second).D() }

// Rises is how many checks have to pass: 2, HAProxy's own default.
func (s Server) Rises() int { return positive(s.Rise, 2) }

// Falls is how many checks have to fail: 3, HAProxy's own default.
func (s Server) Falls() int { return positive(s.Fall, 3) }

func positive(n, otherwise int) int {
	if n == 0 {
		return otherwise
	}
	return n
}

func path(uri string) string {
	if uri == "" {
		return "/"
	}
	return uri
}

// EffectivePath is the path of the requests: /.
func (t Traffic) EffectivePath() string { return path(t.Path) }

// TimeoutD is how long a request may take: 10s.
func (t Traffic) TimeoutD() time.Duration { return or(t.Timeout, 10*time.Second).D() }

// BeforeD is the traffic before the first step: 2s.
func (t Traffic) BeforeD() time.Duration { return or(t.Before, 2*time.Second).D() }

// AfterD is the traffic after the last step: 2s.
func (t Traffic) AfterD() time.Duration { return or(t.After, 2*time.Second).D() }

// Lanes are the names of the traffic classes that there are.
func (t Traffic) Lanes() []string {
	var out []string
	for _, lane := range []struct {
		name string
		on   bool
	}{
		{"poll", t.EffectivePoll() != nil}, {"new", t.New != nil}, {"kept", t.Kept != nil},
		{"idle", t.Idle != nil}, {"download", t.Download != nil}, {"upload", t.Upload != nil},
		{"stream", t.Stream != nil}, {"tls", t.TLS != nil}, {"h2", t.H2 != nil},
	} {
		if lane.on {
			out = append(out, lane.name)
		}
	}
	return out
}

// EffectivePoll is the lane poll, nil for none. Where no lane is named there
// is the article's loop.
func (t Traffic) EffectivePoll() *Poll {
	others := t.New != nil || t.Kept != nil || t.Idle != nil || t.Download != nil || t.Upload != nil || t.Stream != nil || t.TLS != nil || t.H2 != nil
	if t.Poll == nil && !others {
		return &Poll{}
	}
	return t.Poll
}

// IntervalD is the time between two GETs: 2s.
func (p Poll) IntervalD() time.Duration { return or(p.Interval, 2*time.Second).D() }

// Conns is the number of connections to keep: 10.
func (k Kept) Conns() int { return positive(k.Connections, 10) }

// EffectiveVerdict is the verdict that the scenario must have: PASS.
func (e Expect) EffectiveVerdict() string {
	if e.Verdict == "" {
		return "PASS"
	}
	return e.Verdict
}

// Statuses are the allowed status codes: 200.
func (e Expect) Statuses() []int {
	if len(e.Status) == 0 {
		return []int{200}
	}
	return slices.Clone(e.Status)
}

// WithinD is the longest time that the switch may take: 2s.
func (s Switch) WithinD() time.Duration { return or(s.Within, 2*time.Second).D() }
