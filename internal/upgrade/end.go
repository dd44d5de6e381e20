package upgrade

import (
	"context"
	"os"
	"syscall"
	"time"

	"halab/internal/haproxy"
	"halab/internal/scenario"
)

// end is stop, quit and kill: a server's nginx is ended by a signal (nginx
// documentation, Controlling nginx), and the step is done when it has ended.
//
//   - stop (TERM) and kill (KILL) cut what is in flight: a response that has
//     begun is truncated under the status that it began with.
//   - quit (QUIT) closes the listening socket and lets what is in flight end.
//
// None of them tells HAProxy: it goes on sending until its checks have failed.
type end struct {
	Server haproxy.ServerRef `yaml:"server" required:"true" doc:"The server, backend/server."`
	name   string
	signal os.Signal
}

func newStop() scenario.StepArgs { return &end{name: "TERM", signal: syscall.SIGTERM} }
func newQuit() scenario.StepArgs { return &end{name: "QUIT", signal: syscall.SIGQUIT} }
func newKill() scenario.StepArgs { return &end{name: "KILL", signal: syscall.SIGKILL} }

// SetScalar takes stop: bk_app/nginx2.
func (s *end) SetScalar(value string) error { return scalarRef(&s.Server, value) }

// Validate checks that the server exists.
func (s *end) Validate(c *scenario.Check) { c.ServerRef("server", &s.Server) }

func (s *end) limit() time.Duration { return 0 }

func (s *end) run(ctx context.Context, env *Env) error {
	stats, err := env.Lab.Stat(ctx)
	if err != nil {
		return err
	}
	stat, _ := haproxy.Find(stats, s.Server)
	env.Did(Command{Text: "kill -" + s.name + " nginx of " + s.Server.String(), Server: s.Server, Sessions: &stat.Scur,
		InService: inService(stats, stat)})
	if err := env.Lab.Signal(ctx, s.Server.String(), s.signal); err != nil {
		return err
	}
	return env.Lab.Ended(ctx, s.Server.String())
}

// inService tells whether HAProxy sends new requests to a server: it is up and
// has a weight, and is no backup, or the first one while no active server is
// left (HAProxy manual 5.2, backup).
func inService(stats []haproxy.Stat, server haproxy.Stat) bool {
	takes := func(s haproxy.Stat) bool { return s.Status.Serving() && s.Weight > 0 }
	if server.Bck == 0 || !takes(server) {
		return takes(server)
	}
	first := ""
	for _, s := range haproxy.Servers(stats) {
		switch {
		case s.Proxy != server.Proxy || !takes(s):
		case s.Bck == 0:
			return false
		case first == "":
			first = s.Server
		}
	}
	return first == server.Server
}
