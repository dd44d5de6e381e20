package upgrade

import (
	"context"
	"time"

	"halab/internal/haproxy"
	"halab/internal/scenario"
)

// pause is pause and resume: a server's nginx hangs, with its connections
// open, and goes on. Requests that HAProxy sends it meanwhile wait until
// timeout server; its checks fail by timeout.
type pause struct {
	Server haproxy.ServerRef `yaml:"server" required:"true" doc:"The server, backend/server."`
	resume bool
}

func newPause() scenario.StepArgs  { return &pause{} }
func newResume() scenario.StepArgs { return &pause{resume: true} }

// SetScalar takes pause: bk_app/nginx2.
func (p *pause) SetScalar(value string) error { return scalarRef(&p.Server, value) }

// Validate checks that the server exists.
func (p *pause) Validate(c *scenario.Check) { c.ServerRef("server", &p.Server) }

func (p *pause) limit() time.Duration { return 0 }

func (p *pause) run(ctx context.Context, env *Env) error {
	if p.resume {
		env.Did(Command{Text: "resume nginx of " + p.Server.String(), Server: p.Server})
		return env.Lab.Resume(ctx, p.Server.String())
	}
	env.Did(Command{Text: "pause nginx of " + p.Server.String(), Server: p.Server})
	return env.Lab.Pause(ctx, p.Server.String())
}
