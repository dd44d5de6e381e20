package upgrade

import (
	"context"
	"fmt"
	"slices"
	"time"

	"halab/internal/haproxy"
	"halab/internal/scenario"
	"halab/internal/software"
)

// upgradeTo is upgrade: another version takes the listening sockets over while
// the old one finishes.
//
// HAProxy (upgrade: {haproxy: "3.0"}): the new version is started with -x and
// -sf (HAProxy Management Guide 4). To requests in flight it does what reload
// does. Where the runtime cannot hand sockets over, the old HAProxy is stopped
// softly (USR1): it answers what is in flight, new connections are refused,
// and the new one comes up when the old one's last connection has ended or,
// after 10 s, was cut. A note tells how long nobody listened.
//
// nginx (upgrade: {server: bk_app/nginx2, nginx: 1.22.1}): the old master gets
// USR2, on which it starts the new version beside itself with its listening
// sockets, and once that one's workers have started QUIT (nginx documentation,
// Controlling nginx, Upgrading Executable on the Fly). To requests its old
// workers do what those of a reload do. The step is done when the old master
// has ended, and so the last request of the old version. WINCH, which keeps
// the way back open between the two, is left out: to requests it does what
// QUIT does.
//
// A version that cannot read the configuration fails the step with its own
// words, and the old one goes on.
type upgradeTo struct {
	HAProxy string            `yaml:"haproxy" format:"version" doc:"The HAProxy version that takes over."`
	Server  haproxy.ServerRef `yaml:"server" doc:"The server whose nginx is upgraded in place, backend/server."`
	Nginx   string            `yaml:"nginx" format:"version" doc:"The nginx version that takes over there."`
}

func newUpgrade() scenario.StepArgs { return &upgradeTo{} }

// Validate checks that it is one of the two.
func (u *upgradeTo) Validate(c *scenario.Check) {
	proxy, server := u.HAProxy != "", !u.Server.IsZero() || u.Nginx != ""
	if !u.Server.IsZero() {
		c.ServerRef("server", &u.Server)
	}
	switch {
	case proxy && server:
		c.Errorf("haproxy", "one step for each of them", "", "upgrade has both HAProxy and a server")
	case !proxy && u.Server.IsZero():
		c.Errorf("server", "haproxy: VERSION, or server: backend/server with nginx: VERSION", "", "upgrade does not say what is upgraded")
	case !proxy && u.Nginx == "":
		c.Errorf("nginx", "an nginx version", "", "upgrade does not say to which version")
	}
}

func (u *upgradeTo) needs() []Need {
	if u.HAProxy == "" {
		return nginxNeed(u.Server, u.Nginx)
	}
	v, err := haproxy.ParseVersion(u.HAProxy)
	if err != nil {
		return nil
	}
	return []Need{{Want: software.Want{Name: software.HAProxy, Version: v}}}
}

func (u *upgradeTo) limit() time.Duration { return 0 }

func (u *upgradeTo) run(ctx context.Context, env *Env) error {
	command := Command{Text: "upgrade HAProxy to " + u.HAProxy, Takeover: true}
	if u.HAProxy == "" {
		command = Command{Text: fmt.Sprintf("upgrade nginx of %s to %s (USR2, QUIT)", u.Server, u.Nginx), Server: u.Server}
	}
	env.Did(command)
	p, err := env.Program(u.needs()[0].Want)
	if err != nil {
		return err
	}
	if u.HAProxy == "" {
		return env.Lab.UpgradeServer(ctx, u.Server, p)
	}
	note, err := env.Lab.TakeOver(ctx, &p)
	if note != "" {
		env.Noted(fmt.Sprintf("%s: %s", command.Text, note))
	}
	return err
}

// UpgradesHAProxy tells whether a step of the scenario puts another version of
// HAProxy in the place of the one that runs.
func UpgradesHAProxy(s *scenario.Scenario) bool {
	return slices.ContainsFunc(upgrades(s), func(u *upgradeTo) bool { return u.HAProxy != "" })
}

// InPlace are the servers whose nginx a step upgrades in place.
func InPlace(s *scenario.Scenario) []haproxy.ServerRef {
	var out []haproxy.ServerRef
	for _, u := range upgrades(s) {
		if u.HAProxy == "" && !slices.Contains(out, u.Server) {
			out = append(out, u.Server)
		}
	}
	return out
}

func upgrades(s *scenario.Scenario) []*upgradeTo {
	var out []*upgradeTo
	for step := range whole(s).simple {
		if u, ok := step.run.(*upgradeTo); ok {
			out = append(out, u)
		}
	}
	return out
}
