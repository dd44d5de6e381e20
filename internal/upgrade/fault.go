package upgrade

import (
	"context"
	"fmt"
	"slices"
	"time"

	"halab/internal/haproxy"
	"halab/internal/relay"
	"halab/internal/scenario"
)

// Faulted are the servers between which and HAProxy a step puts a fault, so
// that there has to be a relay in front of them.
func Faulted(s *scenario.Scenario) []haproxy.ServerRef {
	var out []haproxy.ServerRef
	for step := range whole(s).simple {
		if f, ok := step.run.(interface{ faulted() haproxy.ServerRef }); ok && !slices.Contains(out, f.faulted()) {
			out = append(out, f.faulted())
		}
	}
	return out
}

// between is the way between HAProxy and one server, which health checks take
// as well. A fault on it lasts until heal, also through the server's end and
// another start.
type between struct {
	Server haproxy.ServerRef `yaml:"server" required:"true" doc:"The server, backend/server."`
}

// Validate checks that the server exists.
func (b *between) Validate(c *scenario.Check) { c.ServerRef("server", &b.Server) }

func (b *between) faulted() haproxy.ServerRef { return b.Server }

func (b *between) limit() time.Duration { return 0 }

// put tells of a fault and makes it.
func (b *between) put(env *Env, what string, fault func(*relay.Relay) error) error {
	env.Did(Command{Text: what + " between HAProxy and " + b.Server.String(), Server: b.Server})
	r, err := env.Lab.Relay(b.Server)
	if err != nil {
		return err
	}
	return fault(r)
}

// latency is latency: everything that the server sends arrives later, what is
// in flight as well. Nothing is lost by it but patience: a timeout of HAProxy
// or of the client may run out.
//
// A connection is made as fast as before, so that a check which only connects
// notices nothing; one that asks for an answer (httpchk) does.
type latency struct {
	between `yaml:",inline"`
	Delay   scenario.Duration `yaml:"delay" required:"true" max:"1m" doc:"How much later an answer arrives."`
	Jitter  scenario.Duration `yaml:"jitter" max:"1m" doc:"How much more or less than that, at random; at most the delay."`
}

// Validate checks that no answer would arrive before it is sent.
func (l *latency) Validate(c *scenario.Check) {
	l.between.Validate(c)
	if l.Jitter > l.Delay {
		c.Errorf("jitter", fmt.Sprintf("at most the delay (%s)", l.Delay), "", "jitter %s is more than the delay", l.Jitter)
	}
}

func (l *latency) run(_ context.Context, env *Env) error {
	what := "latency " + l.Delay.String()
	if l.Jitter > 0 {
		what += " ± " + l.Jitter.String()
	}
	return l.put(env, what, func(r *relay.Relay) error {
		r.Delay(l.Delay.D(), l.Jitter.D())
		return nil
	})
}

// bandwidth is bandwidth: so many bytes a second arrive in each direction, over
// all of the server's connections together. What is in flight gets slow; the
// sender is held up as by a full window of TCP, and nothing is lost but by a
// timeout.
type bandwidth struct {
	between `yaml:",inline"`
	Rate    rate `yaml:"rate" required:"true" format:"bandwidth" doc:"How much a second: 64KB, 1.5MiB, 10Mbit."`
}

func (b *bandwidth) run(_ context.Context, env *Env) error {
	return b.put(env, "bandwidth "+b.Rate.String(), func(r *relay.Relay) error {
		r.Limit(b.Rate.bytes)
		return nil
	})
}

// cut is cut: packets vanish in both directions, as behind a cable that was
// pulled or a firewall that drops. Connections hang with what is in flight,
// and it arrives after heal where nobody has given up by then; an attempt to
// connect is not answered (timeout connect), a check runs out of time (L4TOUT).
//
// With reset it is as behind a firewall that rejects, or a server that has
// crashed: connections are reset with what is in flight, and new ones are
// refused (L4CON).
type cut struct {
	between `yaml:",inline"`
	Reset   bool `yaml:"reset" doc:"Connections are reset and new ones refused, instead of hanging."`
}

// SetScalar takes cut: bk_app/nginx1.
func (c *cut) SetScalar(value string) error { return scalarRef(&c.Server, value) }

func (c *cut) run(_ context.Context, env *Env) error {
	if c.Reset {
		return c.put(env, "reset every connection", (*relay.Relay).Reset)
	}
	return c.put(env, "cut", (*relay.Relay).Cut)
}

// heal is heal: every fault between HAProxy and the server ends. What was held
// back arrives; an attempt to connect that was not answered is made again by
// TCP after one second, two, four.
type heal struct {
	between `yaml:",inline"`
}

// SetScalar takes heal: bk_app/nginx1.
func (h *heal) SetScalar(value string) error { return scalarRef(&h.Server, value) }

func (h *heal) run(_ context.Context, env *Env) error {
	return h.put(env, "no fault any more", (*relay.Relay).Heal)
}
