package verify

import (
	"fmt"
	"strings"

	"halab/internal/history"
)

// carriedOut holds that the procedure was carried out to its end: every step
// of the scenario ran, each did what it says, and the run was recorded to its
// end.
type carriedOut struct {
	run *run
	// on are the servers that steps acted on; everything is a step on HAProxy
	// itself, or on any server.
	on         map[string]bool
	everything bool
}

func newCarriedOut(r *run) *carriedOut { return &carriedOut{run: r, on: map[string]bool{}} }

func (c *carriedOut) observe(e history.Event) {
	s, ok := e.(*history.Step)
	switch {
	case !ok || s.Phase != history.Command:
	case s.AnyServer: // what it changed was seen
	case s.Takeover || s.Server == "":
		c.everything = true
	default:
		c.on[s.Server] = true
	}
}

// touched tells whether a step acted on something that serves: a server that
// answered a request before it or after it, by its own name or by HAProxy's. Where an answer does not tell its
// server any may have given it.
func (c *carriedOut) touched() bool {
	if u := c.run.tally.servers[""]; c.everything || u != nil && u.Answers > 0 {
		return true
	}
	for _, command := range c.run.commands.list {
		for _, h := range command.changes {
			frontend, is := strings.CutPrefix(h.what, frontendMark)
			c.everything = c.everything || h.what == haproxyRole || is && c.run.asked(frontend)
			c.on[h.what] = true
		}
		for _, m := range command.messages {
			c.on[m.server] = true
		}
	}
	if c.everything {
		return true
	}
	for name := range c.on {
		if s := c.run.tally.servers[name]; s != nil && s.Answers > 0 || c.run.tally.reachedAs[name] {
			return true
		}
	}
	return false
}

func (c *carriedOut) findings() []Finding {
	faults := c.run.commands.faults()
	out := append([]Finding{c.procedure(len(faults) > 0)}, faults...)
	if f, bad := c.record(); bad {
		out = append(out, f)
	}
	return out
}

// procedure is told that a command of the user's is doubted anyway, which says
// more than that nothing was acted on.
func (c *carriedOut) procedure(doubted bool) Finding {
	f := Finding{Invariant: procedureName, Result: Pass}
	if s := c.failed(1); s != nil {
		f.Result, f.Count, f.Step, f.Line, f.First = Fail, 1, s.Index, s.Line, s.Begin
		f.Text = s.failure()
		if back := c.failed(c.run.planned() + 1); back != nil && back != s {
			f.Count, f.Last = 2, back.Begin
			f.Text += "; the way back failed too: " + back.failure()
		}
		return f
	}
	ended, all := c.run.ended(), int64(c.run.planned())
	f.Text = fmt.Sprintf("%d of %s carried out", ended, plural(all, "step"))
	acted, apart := c.acted()
	switch {
	case acted == 0:
		f.Result, f.Count, f.Text = Inconclusive, 1, "no step did anything, so nothing is proved of an upgrade"
	case apart == acted:
		f.Result, f.Count, f.Text = Inconclusive, 1, "no traffic reaches the servers that the steps were for, so nothing is proved of an upgrade"
	case !doubted && !c.touched():
		f.Result, f.Count, f.Text = Inconclusive, 1, "no step acted on a server that serves, so nothing is proved of an upgrade"
	case apart > 0:
		f.Text += fmt.Sprintf(", %d of them for servers that no traffic reaches", apart)
	}
	if ended < all {
		f.Result, f.Count = Inconclusive, all-ended
		f.Text = c.run.unfinished()
	}
	return f
}

// unfinished says that not every step was carried out.
func (r *run) unfinished() string {
	ended := r.ended()
	return fmt.Sprintf("only %d of %s %s carried out", ended, plural(int64(r.planned()), "step"), choose(ended, "was", "were"))
}

// failed is the first step from this number on that failed, nil where none
// did. The steps that are for a failure come after those of the procedure.
func (c *carriedOut) failed(from int) *Step {
	for i := range c.run.steps {
		if s := &c.run.steps[i]; s.Error != "" && s.Index >= from {
			return s
		}
	}
	return nil
}

func (s *Step) failure() string {
	return fmt.Sprintf("step %d %s failed: %s", s.Index, s.Text, s.Error)
}

// acted counts the steps that sent a command, and those of them that sent
// theirs to servers which no traffic reaches.
func (c *carriedOut) acted() (acted, apart int) {
	for _, s := range c.run.steps {
		if s.Command == 0 {
			continue
		}
		acted++
		if !s.reached {
			apart++
		}
	}
	return acted, apart
}

// ended counts the steps of the procedure that ended, each once.
func (r *run) ended() int64 {
	seen := map[int]bool{}
	for _, s := range r.steps {
		if s.Ended && s.Index >= 1 && s.Index <= r.planned() {
			seen[s.Index] = true
		}
	}
	return int64(len(seen))
}

// record says what is wrong with the history itself.
func (c *carriedOut) record() (Finding, bool) {
	f := Finding{Invariant: recordName, Result: Inconclusive, Count: 1, First: c.run.last}
	switch {
	case c.run.cut:
		f.Text = fmt.Sprintf("the history was cut within a line, at %s", at(c.run.last))
	case c.run.end == nil:
		f.Text = fmt.Sprintf("the history has no end: the run was cut at %s", at(c.run.last))
	case c.run.end.Error != "":
		f.Text = "the run did not go to its end: " + c.run.end.Error
	case c.run.impossible > 0:
		f.Count = c.run.impossible
		f.Text = fmt.Sprintf("%s of the history %s times that cannot be", plural(c.run.impossible, "request"), choose(c.run.impossible, "has", "have"))
	case c.run.foreign > 0:
		f.Count = c.run.foreign
		f.Text = fmt.Sprintf("%s of the history %s none of halab's: %v", plural(c.run.foreign, "line"), choose(c.run.foreign, "is", "are"), c.run.firstForeign)
	case c.run.disorder > 0:
		f.Count, f.follows = c.run.disorder, true // halab without a processor writes late
		f.Text = fmt.Sprintf("%s of the history %s far out of order, so what came first cannot be told", plural(c.run.disorder, "event"), choose(c.run.disorder, "is", "are"))
	default:
		return f, false
	}
	return f, true
}
