package upgrade

import (
	"context"
	"time"

	"halab/internal/haproxy"
	"halab/internal/scenario"
)

// replace ends a server's nginx with QUIT, which lets what is in flight
// finish, and starts another version at the same name and address. In between
// nobody listens there, which HAProxy learns from its checks: maintenance
// first keeps requests away.
type replace struct {
	Server haproxy.ServerRef `yaml:"server" required:"true" doc:"The server, backend/server."`
	Nginx  string            `yaml:"nginx" required:"true" format:"version" doc:"The nginx version that takes its place."`
}

// Validate checks that the server exists.
func (r *replace) Validate(c *scenario.Check) { c.ServerRef("server", &r.Server) }

func (r *replace) needs() []Need { return nginxNeed(r.Server, r.Nginx) }

func (r *replace) limit() time.Duration { return 0 }

func (r *replace) run(ctx context.Context, env *Env) error {
	quit := newQuit().(*end)
	quit.Server = r.Server
	if err := quit.run(ctx, env); err != nil {
		return err
	}
	return (&start{Server: r.Server, Nginx: r.Nginx}).run(ctx, env)
}
