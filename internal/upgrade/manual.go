package upgrade

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"halab/internal/haproxy"
	"halab/internal/scenario"
)

// manual is a step that somebody does by hand while the traffic runs: in HATop,
// with socat, or with whatever is used in production. Nothing but the stats
// socket says that it was done, so the step looks there, and records each change
// when it sees it.
//
// Without until it ends with the first change of a server's administrative
// state or weight, or at Enter on a terminal. What it does to requests in flight
// depends on what is done.
type manual struct {
	Text    string   `yaml:"text" required:"true" format:"line" doc:"What is to be done, as it is shown to whoever does it."`
	Until   *expect  `yaml:"until" doc:"What the step waits for, written as in expect. Without it the step ends with the first change of a server's state or weight, or at Enter on a terminal; with it Enter is ignored."`
	Touches []string `yaml:"touches" doc:"What is meant to be changed, each backend/server or haproxy, as in run."`
}

// Instruction is a step that waits for somebody to carry it out.
type Instruction struct {
	Step int
	Text string
	// Until is what the step waits for, in words, and Limit for how long.
	Until string
	Limit time.Duration
	// Enter reports whether whoever does it can say that it is done.
	Enter bool
}

func newManual() scenario.StepArgs { return &manual{} }

// SetScalar takes manual: "press F10 on nginx2 in HATop".
func (m *manual) SetScalar(value string) error {
	m.Text = value
	return nil
}

// Validate refuses an empty instruction, and what until has wrong.
func (m *manual) Validate(c *scenario.Check) {
	if strings.TrimSpace(m.Text) == "" || strings.ContainsAny(m.Text, "\n\r") {
		c.Errorf("text", "what is to be done by hand, on one line", "", "manual does not say what to do")
	}
	if m.Until != nil {
		m.Until.Validate(c.In("until"))
	}
	validTouches(c, m.Touches, m.Text)
}

func (m *manual) title() string { return m.Text }

// byHand is how long somebody may take over a step.
const byHand = 10 * time.Minute

func (m *manual) limit() time.Duration {
	if m.Until != nil && m.Until.Within > 0 {
		return m.Until.Within.D()
	}
	return byHand
}

// words say what the step waits for.
func (m *manual) words() string {
	e := m.Until
	if e == nil {
		return "the state or the weight of a server changes"
	}
	var out []string
	if e.State != "" {
		out = append(out, fmt.Sprintf("%s is %s", e.Server, e.State))
	}
	if e.Sessions != nil {
		out = append(out, fmt.Sprintf("%s has at most %d sessions", e.Server, *e.Sessions))
	}
	if e.Header != "" {
		out = append(out, "a GET shows Server: "+e.Header)
	}
	if e.HAProxy != "" {
		out = append(out, "HAProxy "+e.HAProxy+" runs")
	}
	return strings.Join(out, " and ")
}

func (m *manual) run(ctx context.Context, env *Env) error {
	h := hand{env: env, last: map[haproxy.ServerRef]haproxy.Stat{}}
	if err := h.look(ctx, nil); err != nil {
		return err
	}
	if m.Until != nil && m.Until.look(ctx, env) == nil {
		return fmt.Errorf("%s already, before anything was done by hand", m.words())
	}
	env.Did(Command{Text: m.Text, AnyServer: true, Touches: m.Touches})
	var done <-chan struct{}
	if env.ByHand != nil {
		limit := m.limit()
		if end, ok := ctx.Deadline(); ok {
			limit = time.Until(end)
		}
		done = env.ByHand(Instruction{Text: m.Text, Until: m.words(), Limit: limit, Enter: m.Until == nil})
	}
	return m.wait(ctx, &h, done)
}

// getEvery is the time between two GETs of a step that waits for somebody.
const getEvery = 250 * time.Millisecond

// wait ends when what the step waits for is there; without until also when done
// says that nothing more is to come.
func (m *manual) wait(ctx context.Context, h *hand, done <-chan struct{}) error {
	pause := expectPause
	if m.Until != nil {
		done = nil // what it waits for may still come
	}
	if m.Until != nil && m.Until.Header != "" {
		pause = getEvery
	}
	last := errors.New("nothing was done: no server changed its administrative state or its weight")
	for {
		_ = h.look(ctx, h.saw) // HAProxy may be changing places
		switch {
		case m.Until == nil && h.acted:
			return nil
		case m.Until != nil:
			err := m.Until.look(ctx, h.env)
			if err == nil {
				_ = h.look(ctx, h.saw) // it may have been done since the look above
				if m.Until.State != "" {
					h.env.Saw(m.Until.Server, m.Until.State)
				}
				return nil
			}
			if ctx.Err() == nil && !timedOut(err) {
				last = err
			}
		}
		select {
		case <-done:
			return nil // the record shows whether anything changed
		case <-ctx.Done():
			return last
		case <-time.After(pause):
		}
	}
}

// hand sees what is done to the servers.
type hand struct {
	env   *Env
	last  map[haproxy.ServerRef]haproxy.Stat
	acted bool
}

// look compares the servers with the look before.
func (h *hand) look(ctx context.Context, changed func(was, is haproxy.Stat)) error {
	stats, err := h.env.Lab.AdminClient().Stat(ctx)
	if err != nil {
		return err
	}
	for _, is := range haproxy.Servers(stats) {
		ref := is.Ref()
		if !h.env.Scenario.HasBackend(ref.Backend) {
			continue
		}
		was, known := h.last[ref]
		h.last[ref] = is
		if known && changed != nil && (administrative(was) != administrative(is) || was.Weight != is.Weight) {
			changed(was, is)
		}
	}
	return nil
}

// administrative is the state that HAProxy was told; "" is in service, whether
// its checks pass or not.
func administrative(s haproxy.Stat) string {
	if s.Status.Maint() || s.Status.Base() == "DRAIN" {
		return s.Status.Base()
	}
	return ""
}

func (h *hand) saw(was, is haproxy.Stat) {
	h.acted = true
	text := fmt.Sprintf("seen: %s went from %s to %s", is.Ref(), was.Status.Base(), is.Status.Base())
	if was.Weight != is.Weight && administrative(was) == administrative(is) {
		text = fmt.Sprintf("seen: %s went from weight %d to %d", is.Ref(), was.Weight, is.Weight)
	}
	h.env.Did(Command{Text: text, Server: is.Ref(), Saw: is.Status.Base()})
}

// ByHand are the steps of a scenario that somebody has to do by hand; ends
// reports whether a step knows by itself when that is done.
func ByHand(s *scenario.Scenario) (steps []scenario.Step, ends []bool) {
	for step := range whole(s).simple {
		if m, ok := step.run.(*manual); ok {
			steps, ends = append(steps, step.Step), append(ends, m.Until != nil)
		}
	}
	return steps, ends
}
