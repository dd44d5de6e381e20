package upgrade

import (
	"context"
	"strconv"
	"time"

	"halab/internal/haproxy"
	"halab/internal/scenario"
)

// weight changes a server's weight (HAProxy Management Guide 9.3, set weight).
// Requests in flight go on. It is absolute, 0 to 256: a percentage of a small
// weight rounds down to 0 in HAProxy 2.6, which stops the traffic.
type weight struct {
	Server haproxy.ServerRef `yaml:"server" required:"true" doc:"The server, backend/server."`
	Value  int               `yaml:"value" required:"true" min:"0" max:"256" doc:"The new weight."`
}

// Validate checks that the server exists.
func (w *weight) Validate(c *scenario.Check) { c.ServerRef("server", &w.Server) }

func (w *weight) limit() time.Duration { return 0 }

func (w *weight) run(ctx context.Context, env *Env) error {
	value := strconv.Itoa(w.Value)
	env.Did(Command{Text: "set weight " + w.Server.String() + " " + value, Server: w.Server})
	_, err := env.Lab.AdminClient().SetWeight(ctx, w.Server, value)
	return err
}
