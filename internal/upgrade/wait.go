package upgrade

import (
	"cmp"
	"context"
	"time"

	"halab/internal/haproxy"
	"halab/internal/scenario"
)

// wait lets the traffic run: for a time (wait: 5s), or until a server has few
// enough sessions (wait: {server: bk_app/nginx2, sessions: 0, within: 30s}),
// which is an expect of that alone. It does nothing to requests in flight.
type wait struct {
	For      scenario.Duration `yaml:"for" doc:"How long."`
	Server   haproxy.ServerRef `yaml:"server" doc:"The server whose sessions are waited for, backend/server."`
	Sessions *int              `yaml:"sessions" min:"0" max:"1000000" doc:"Until the server has at most so many sessions (scur)."`
	Within   scenario.Duration `yaml:"within" doc:"How long that may take; 30s unless said otherwise."`
}

// SetScalar takes wait: 5s.
func (w *wait) SetScalar(value string) error {
	d, err := scenario.ParseDuration(value)
	w.For = d
	return err
}

// Validate checks that it is one of the two.
func (w *wait) Validate(c *scenario.Check) {
	drain := !w.Server.IsZero() || w.Sessions != nil || w.Within != 0
	if !w.Server.IsZero() {
		c.ServerRef("server", &w.Server)
	}
	switch {
	case w.For != 0 && drain:
		c.Errorf("for", "one of the two", "", "wait has both a time and a server")
	case drain && (w.Server.IsZero() || w.Sessions == nil):
		c.Errorf("", "server with sessions, as in: wait: {server: bk_app/nginx2, sessions: 0}", "", "wait does not say for which sessions of which server")
	case !drain && w.For <= 0:
		c.Errorf("for", "a duration above zero, such as 5s; or server with sessions", "", "wait is not above zero")
	}
}

// Wait is the time that passes whatever happens.
func (w *wait) Wait() time.Duration { return max(0, w.For.D()) }

func (w *wait) limit() time.Duration {
	if w.For > 0 {
		return w.For.D() + defaultLimit
	}
	return w.sessions().limit()
}

func (w *wait) run(ctx context.Context, env *Env) error {
	if w.For > 0 {
		return sleep(ctx, w.For.D())
	}
	return w.sessions().run(ctx, env)
}

func (w *wait) sessions() *expect {
	return &expect{Server: w.Server, Sessions: w.Sessions, Within: cmp.Or(w.Within, gate)}
}
