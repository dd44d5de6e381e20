package scenario

import (
	"time"

	"halab/internal/haproxy"
)

// flip is a step with a short form.
type flip struct {
	Server haproxy.ServerRef `yaml:"server" required:"true" doc:"The server."`
	Within Duration          `yaml:"within" doc:"Longest time."`
}

func (f *flip) Validate(c *Check) {
	if !c.ServerRef("server", &f.Server) {
		return
	}
	for _, before := range c.Before() {
		if args, ok := before.Args.(*flip); ok && args.Server == f.Server {
			c.Errorf("server", "another server", "", "%s was flipped before, in line %d", f.Server, before.Pos.Line)
		}
	}
}

func (f *flip) SetScalar(text string) error {
	ref, err := ParseServerRef(text)
	f.Server = ref
	return err
}

// pause is a step that is only a duration.
type pause struct {
	For Duration `yaml:"for" required:"true" doc:"How long."`
}

func (p *pause) Validate(*Check)     {}
func (p *pause) Wait() time.Duration { return p.For.D() }
func (p *pause) SetScalar(text string) error {
	d, err := ParseDuration(text)
	p.For = d
	return err
}

// look is a step without a short form.
type look struct {
	State string `yaml:"state" enum:"UP,DOWN,MAINT" doc:"The state."`
	Idle  *bool  `yaml:"idle" doc:"No sessions."`
	Hosts []struct {
		Name string `yaml:"name" required:"true" format:"name"`
	} `yaml:"hosts" doc:"Names."`
}

func (l *look) Validate(c *Check) {
	if l.State == "" && l.Idle == nil {
		c.Errorf("", "state or idle", "state: UP", "look looks at nothing")
	}
}

func testKinds() []StepKind {
	return []StepKind{
		{"flip", "Flips a server.", func() StepArgs { return &flip{} }},
		{"look", "Looks at a server.", func() StepArgs { return &look{} }},
		{"pause", "Waits.", func() StepArgs { return &pause{} }},
	}
}
