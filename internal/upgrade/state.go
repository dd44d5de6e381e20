package upgrade

import (
	"context"
	"time"

	"halab/internal/haproxy"
	"halab/internal/scenario"
)

// setState is maint, drain and ready: the administrative state of one server
// (HAProxy Management Guide 9.3, set server … state).
//
// Requests in flight on the server go on to their end, in maintenance as well,
// unless on-marked-down shutdown-sessions cuts them. In mode http the next
// request of a kept connection goes to another server; in mode tcp it stays.
type setState struct {
	Server haproxy.ServerRef `yaml:"server" required:"true" doc:"The server, backend/server."`
	state  haproxy.ServerAction
}

func state(name haproxy.ServerAction) func() scenario.StepArgs {
	return func() scenario.StepArgs { return &setState{state: name} }
}

// SetScalar takes maint: bk_app/nginx2.
func (s *setState) SetScalar(value string) error { return scalarRef(&s.Server, value) }

// Validate checks that the server exists.
func (s *setState) Validate(c *scenario.Check) { c.ServerRef("server", &s.Server) }

func (s *setState) limit() time.Duration { return 0 }

func (s *setState) run(ctx context.Context, env *Env) error {
	env.Did(Command{Text: "set server " + s.Server.String() + " state " + string(s.state), Server: s.Server})
	return env.Lab.AdminClient().SetState(ctx, s.Server, s.state)
}

// scalarRef takes backend/server, or the server alone, which Validate
// completes.
func scalarRef(ref *haproxy.ServerRef, value string) error {
	parsed, err := scenario.ParseServerRef(value)
	*ref = parsed
	return err
}
