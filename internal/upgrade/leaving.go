package upgrade

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"halab/internal/haproxy"
	"halab/internal/scenario"
)

// ending is implemented by a kind that ends a server's nginx.
type ending interface{ ends() haproxy.ServerRef }

func (s *end) ends() haproxy.ServerRef     { return s.Server }
func (r *replace) ends() haproxy.ServerRef { return r.Server }

// waiting is implemented by a kind that waits for something to come.
type waiting interface {
	// waitsOn is the server that is looked at, none where it is all of them;
	// out says that the server is to be out of service. ok is false where only
	// time has to pass.
	waitsOn() (server haproxy.ServerRef, out, ok bool)
}

func (e *expect) waitsOn() (_ haproxy.ServerRef, out, ok bool) {
	return e.Server, e.State == "MAINT" || e.State == "DRAIN", true
}

func (w *wait) waitsOn() (_ haproxy.ServerRef, out, ok bool) { return w.Server, false, w.For == 0 }

// leaving writes the steps of a control.
type leaving struct {
	s       *scenario.Scenario
	servers map[haproxy.ServerRef]*bare // those that lose their protection
	inside  bool                        // a step to leave out, or what it stands for
	changed int                         // steps left out or replaced so far
	waited  bool                        // a server is kept away
}

// bare is a server that loses its protection, and how far the control is with
// it.
type bare struct {
	endsLater bool // the procedure ends it after the step that protects it
	exposed   bool // that step was left out, and the end is to come
	stopped   bool // by the control itself
	away      bool // it was ended without protection, and is not back
}

// away is how long a server that the procedure starts again is gone in the
// control. In a lab that takes milliseconds, which few probes meet; where it
// is done in earnest it takes longer.
const away = 2 * time.Second

func newLeaving(s *scenario.Scenario, left []int) *leaving {
	l := &leaving{s: s, servers: map[haproxy.ServerRef]*bare{}}
	for _, i := range left {
		for _, ref := range takesOut(s, s.Steps[i]) {
			l.servers[ref] = &bare{}
		}
	}
	for step := range written(s, s.Steps[left[0]:]...) {
		if e, ok := step.Args.(ending); ok && l.servers[e.ends()] != nil {
			l.servers[e.ends()].endsLater = true
		}
	}
	return l
}

// steps are the steps of the control for these of the procedure. One that
// stands for others is written out where one of those is changed.
func (l *leaving) steps(steps []scenario.Step) []scenario.Step {
	var out []scenario.Step
	for _, step := range steps {
		before := l.changed
		inner, compound := inside(l.s, step)
		if !compound {
			out = append(out, l.simple(step)...)
			continue
		}
		group, sideBySide := step.Args.(*parallel)
		if sideBySide {
			step.Args = l.lanes(group)
		} else {
			inner = l.steps(inner)
		}
		if l.changed > before {
			step.Timeout = 0 // it was for the steps as they are, without what the control waits
		}
		if sideBySide || l.changed == before {
			out = append(out, step)
		} else {
			out = append(out, inner...)
		}
	}
	return out
}

// lanes keeps what runs side by side so.
func (l *leaving) lanes(group *parallel) *parallel {
	out := &parallel{}
	for _, lane := range group.Steps {
		out.Steps = append(out.Steps, scenario.Step{Kind: "repeat", Text: lane.Text, Pos: lane.Pos,
			Args: &repeat{Times: 1, Steps: l.steps([]scenario.Step{lane})}})
	}
	return out
}

func (l *leaving) simple(step scenario.Step) []scenario.Step {
	keep := []scenario.Step{step}
	switch args := step.Args.(type) {
	case *setState:
		if b := l.servers[args.Server]; l.inside && b != nil && args.state != haproxy.Ready {
			l.changed++
			return l.instead(step, args.Server, b)
		}
	case *replace:
		if b := l.servers[args.Server]; b != nil && b.exposed {
			l.changed++
			return slices.Concat(l.simple(quitStep(args.Server, step.Pos)), l.simple(startStep(args.Server, args.Nginx, step.Pos)))
		}
	case *end:
		if b := l.servers[args.Server]; b != nil && b.exposed {
			b.exposed, b.away = false, true
		}
	case *start:
		if b := l.servers[args.Server]; b != nil && b.away {
			l.changed++
			b.away, l.waited = false, true
			pause := waitStep(away)
			pause.Pos = step.Pos
			return []scenario.Step{pause, step}
		}
	case waiting:
		if l.inVain(args) {
			l.changed++
			return nil
		}
	}
	return keep
}

// instead is what comes in the place of a step that protects a server.
func (l *leaving) instead(step scenario.Step, ref haproxy.ServerRef, b *bare) []scenario.Step {
	if b.endsLater || b.stopped {
		b.exposed = b.endsLater
		return nil
	}
	b.stopped = true
	return []scenario.Step{stopStep(ref, step.Pos)}
}

// inVain tells a step that waits for what does not come without protection:
// the server's last session, or the answers of another one.
func (l *leaving) inVain(w waiting) bool {
	ref, out, ok := w.waitsOn()
	if !ok {
		return false
	}
	if b := l.servers[ref]; b != nil {
		return b.exposed || b.stopped || out
	}
	for _, b := range l.servers {
		if b.exposed && ref.IsZero() {
			return true
		}
	}
	return false
}

// what tells what the control leaves out.
func (l *leaving) what(left []int) string {
	var steps []string
	compound, stopped := false, []string(nil)
	for _, i := range left {
		step := l.s.Steps[i]
		steps = append(steps, fmt.Sprintf("step %d %s", i+1, step.Text))
		_, c := inside(l.s, step)
		compound = compound || c && len(takesOut(l.s, step)) > 0
	}
	for _, ref := range l.s.ServerRefs() {
		if b := l.servers[ref]; b != nil && b.stopped {
			stopped = append(stopped, "stop: "+ref.String())
		}
	}
	place := strings.Join(steps, " and ")
	if compound {
		place = "maintenance in " + place
	}
	what := "without " + place
	if len(stopped) > 0 {
		what = fmt.Sprintf("with %s in place of %s", strings.Join(stopped, ", "), place)
	}
	if l.waited {
		what += fmt.Sprintf(" and with servers away for %s", away)
	}
	return what
}

func stopStep(ref haproxy.ServerRef, pos scenario.Pos) scenario.Step {
	args := newStop().(*end)
	args.Server = ref
	return scenario.Step{Kind: "stop", Text: "stop: " + ref.String(), Args: args, Pos: pos}
}

func quitStep(ref haproxy.ServerRef, pos scenario.Pos) scenario.Step {
	args := newQuit().(*end)
	args.Server = ref
	return scenario.Step{Kind: "quit", Text: "quit: " + ref.String(), Args: args, Pos: pos}
}

func startStep(ref haproxy.ServerRef, version string, pos scenario.Pos) scenario.Step {
	return scenario.Step{Kind: "start", Text: fmt.Sprintf("start: {server: %s, nginx: %s}", ref, version), Args: &start{Server: ref, Nginx: version}, Pos: pos}
}
