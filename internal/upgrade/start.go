package upgrade

import (
	"context"
	"time"

	"halab/internal/haproxy"
	"halab/internal/scenario"
	"halab/internal/software"
)

// start starts a server's nginx that has ended again, in the version that it
// had or in another one. HAProxy takes notice by its checks; a server in
// maintenance stays there. It does nothing to requests in flight.
type start struct {
	Server haproxy.ServerRef `yaml:"server" required:"true" doc:"The server, backend/server."`
	Nginx  string            `yaml:"nginx" format:"version" doc:"The nginx version to start; the one that it had unless said otherwise."`
}

// SetScalar takes start: bk_app/nginx2.
func (s *start) SetScalar(value string) error { return scalarRef(&s.Server, value) }

// Validate checks that the server exists.
func (s *start) Validate(c *scenario.Check) { c.ServerRef("server", &s.Server) }

func (s *start) needs() []Need { return nginxNeed(s.Server, s.Nginx) }

func (s *start) limit() time.Duration { return 0 }

func (s *start) run(ctx context.Context, env *Env) error {
	what := "start nginx of " + s.Server.String()
	if s.Nginx != "" {
		what = "start nginx " + s.Nginx + " as " + s.Server.String()
	}
	program, err := env.program(s.Nginx)
	if err != nil {
		return err
	}
	did := Command{Text: what, Server: s.Server}
	if program != nil {
		did.Version = program.Got.String()
	}
	env.Did(did)
	return env.Lab.StartServer(ctx, s.Server, program)
}

// nginx is the nginx of this version.
func nginx(version string) (software.Want, error) {
	v, err := haproxy.ParseVersion(version)
	return software.Want{Name: software.Nginx, Version: v}, err
}

// nginxNeed is the nginx of this version on a server; nothing where the
// version is empty or, as its field has said already, none.
func nginxNeed(server haproxy.ServerRef, version string) []Need {
	want, err := nginx(version)
	if err != nil {
		return nil
	}
	return []Need{{Server: server, Want: want}}
}
