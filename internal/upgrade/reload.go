package upgrade

import (
	"context"
	"fmt"
	"slices"
	"time"

	"halab/internal/haproxy"
	"halab/internal/scenario"
)

// reload has a program read its configuration again while traffic runs.
//
// HAProxy (reload: {} or reload: haproxy): another process of the same version
// takes the listening sockets over, and the one that ran finishes what it has
// (HAProxy Management Guide 4). Connections that are being accepted lose
// nothing, and a request in flight is answered. A kept connection that is idle
// is closed by the old process, maybe while a request is on its way to it:
// option idle-close-on-response lets it answer once more first. The new
// process begins with its checks, and without the maintenance that the old one
// knew: see save_state.
//
// nginx (reload: bk_app/nginx2): its configuration is written anew and its
// master gets HUP (nginx documentation, Controlling nginx, Changing
// Configuration). New workers accept before the old ones stop to; those answer
// what is in flight, however long that takes. An idle connection that HAProxy
// keeps to them they close, maybe while a request is on its way on it: that one
// is lost, and its client's connection closed. Option http-server-close keeps
// no such connections. The step is done when the old workers have begun to
// shut down. What nginx refuses to read fails the step, and the old workers go
// on.
type reload struct {
	Server haproxy.ServerRef `yaml:"server" doc:"The server whose nginx is reloaded, backend/server; HAProxy unless said otherwise."`
}

func newReload() scenario.StepArgs { return &reload{} }

// theProxy is how a step's short form names HAProxy. A server of that name is
// written with its backend.
const theProxy = "haproxy"

// SetScalar takes reload: haproxy and reload: bk_app/nginx2.
func (r *reload) SetScalar(value string) error {
	if value == theProxy {
		return nil
	}
	return scalarRef(&r.Server, value)
}

// Validate checks that the server exists.
func (r *reload) Validate(c *scenario.Check) {
	if r.Server.IsZero() {
		return
	}
	if r.Server.Backend == "" && scenario.Suggest(r.Server.Server, []string{theProxy}) != "" && !hasServer(c.Scenario(), r.Server.Server) {
		c.Errorf("server", "haproxy, or a server", fmt.Sprintf("did you mean %q?", theProxy), "unknown server %q", r.Server.Server)
		return
	}
	c.ServerRef("server", &r.Server)
}

func hasServer(s *scenario.Scenario, name string) bool {
	return slices.ContainsFunc(s.ServerRefs(), func(ref haproxy.ServerRef) bool { return ref.Server == name })
}

func (r *reload) limit() time.Duration { return 0 }

func (r *reload) run(ctx context.Context, env *Env) error {
	if r.Server.IsZero() {
		env.Did(Command{Text: "reload HAProxy", Takeover: true})
		_, err := env.Lab.TakeOver(ctx, nil)
		return err
	}
	env.Did(Command{Text: "kill -HUP nginx of " + r.Server.String(), Server: r.Server})
	return env.Lab.ReloadServer(ctx, r.Server)
}
