package upgrade

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"halab/internal/haproxy"
	"halab/internal/scenario"
)

// expect waits until what it says holds. It does nothing to requests in flight.
type expect struct {
	Server   haproxy.ServerRef `yaml:"server" doc:"The server whose state or sessions are looked at, backend/server."`
	State    string            `yaml:"state" enum:"UP,DOWN,MAINT,DRAIN,NOLB" doc:"The status of the server in show stat."`
	Sessions *int              `yaml:"sessions" min:"0" max:"1000000" doc:"The server has at most so many sessions (scur)."`
	Header   string            `yaml:"header" format:"line" doc:"The Server header that a GET through the frontend shows, such as nginx/1.19.8."`
	HAProxy  string            `yaml:"haproxy" format:"version" doc:"The version of the HAProxy that runs, as precise as it matters."`
	Within   scenario.Duration `yaml:"within" doc:"How long to wait for it; 10s unless said otherwise."`
}

// Validate checks that something is expected, and of whom.
func (e *expect) Validate(c *scenario.Check) {
	named := e.Server != haproxy.ServerRef{}
	if named {
		c.ServerRef("server", &e.Server)
	}
	switch {
	case e.State == "" && e.Sessions == nil && e.Header == "" && e.HAProxy == "":
		c.Errorf("", "state or sessions with server, or header, or haproxy", "", "expect does not say what")
	case (e.State != "" || e.Sessions != nil) && !named:
		c.Errorf("server", "backend/server", "", "expect does not say of which server")
	}
}

// remark says which header is really waited for, where a substitute runs.
func (e *expect) remark(env *Env) string {
	if got := env.Header(e.Header); e.Header != "" && !strings.EqualFold(got, e.Header) {
		return "SUBSTITUTE: " + got
	}
	return ""
}

func (e *expect) limit() time.Duration {
	if e.Within > 0 {
		return e.Within.D()
	}
	return 10 * time.Second
}

// expectPause is the time between two looks: short, so that the step ends
// when the state does change, and long beside what a look costs.
const expectPause = 50 * time.Millisecond

func (e *expect) run(ctx context.Context, env *Env) error {
	var last error
	for {
		if err := e.look(ctx, env); err == nil {
			if e.State != "" {
				env.Saw(e.Server, e.State)
			}
			return nil
		} else if last == nil || ctx.Err() == nil && !timedOut(err) {
			last = err
		}
		if err := sleep(ctx, expectPause); err != nil {
			return last
		}
	}
}

// timedOut tells a look that the end of the step's time cut short from one
// that saw something.
func timedOut(err error) bool {
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout()
}

// look is nil when all that is expected holds now.
func (e *expect) look(ctx context.Context, env *Env) error {
	var errs []error
	if e.State != "" || e.Sessions != nil {
		errs = append(errs, e.lookServer(ctx, env))
	}
	if e.Header != "" {
		r := env.Get(ctx)
		if want := env.Header(e.Header); !strings.EqualFold(r.Header, want) {
			errs = append(errs, fmt.Errorf("a GET shows Server: %q, not %q (%s)", r.Header, want, strings.TrimSpace(string(r.Outcome)+" "+r.Error)))
		}
	}
	if e.HAProxy != "" {
		errs = append(errs, e.lookHAProxy(ctx, env))
	}
	return errors.Join(errs...)
}

// lookHAProxy asks the HAProxy that answers on the stats socket who it is.
func (e *expect) lookHAProxy(ctx context.Context, env *Env) error {
	info, err := env.Lab.AdminClient().Info(ctx)
	if err != nil {
		return err
	}
	got, err := haproxy.ParseVersion(info["Version"])
	if err != nil {
		return err
	}
	want, err := haproxy.ParseVersion(strings.TrimPrefix(env.Header("haproxy/"+e.HAProxy), "haproxy/"))
	if err == nil && !want.Matches(got) {
		err = fmt.Errorf("HAProxy %s runs, not %s", got, want)
	}
	return err
}

func (e *expect) lookServer(ctx context.Context, env *Env) error {
	stats, err := env.Lab.Stat(ctx)
	if err != nil {
		return err
	}
	stat, ok := haproxy.Find(stats, e.Server)
	if !ok {
		return fmt.Errorf("%s is not in show stat", e.Server)
	}
	if e.State != "" && (stat.Status.Base() != e.State || e.State == "UP" && !stat.Status.PlainUp()) {
		return fmt.Errorf("%s is %s, not %s", e.Server, stat.Status, e.State)
	}
	if e.Sessions != nil && stat.Scur > int64(*e.Sessions) {
		noun := "sessions"
		if stat.Scur == 1 {
			noun = "session"
		}
		return fmt.Errorf("%s has %d %s, not at most %d", e.Server, stat.Scur, noun, *e.Sessions)
	}
	return nil
}
