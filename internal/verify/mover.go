package verify

import (
	"slices"
	"strings"

	"halab/internal/haproxy"
	"halab/internal/history"
)

// mover is what a switch is measured from: the first command that must have
// moved the traffic, so that one which comes a moment before the first new
// answer does not make a slow switch look fast. Where none must have, those
// that may have: it is one from the first of them to the last.
type mover struct {
	first, last moment
	sure        bool   // its kind takes a server out, or brings one in
	kind        string // of one that is sure
	server      string
	byHand      bool // somebody was told to, and what was done has not been seen
}

// moment is when a command was sent, and by which step.
type moment struct {
	at   history.Micros
	step int
}

// commanded keeps what may move the traffic from path[done] to the next.
func (m *moves) commanded(e *history.Step) {
	if m.done < len(m.switches) {
		m.mover = m.after(e, &m.switches[m.done])
	}
	m.setOut(e)
}

// after is the mover of a switch when one more command was sent. What is
// undone may have moved the traffic all the same, since checks take their
// time, and is not sure any more.
func (m *moves) after(e *history.Step, w *Switch) *mover {
	was := m.mover
	if was != nil && e.Server == was.server && slices.Contains(effects[e.Kind].undoes, was.kind) && !toZero(e) {
		was.sure = false
	}
	here := moment{e.At, e.Index}
	may, sure := m.canMove(e, w)
	switch {
	case !may || was != nil && was.sure:
		return was
	case was == nil || sure:
		return &mover{first: here, last: here, sure: sure, kind: e.Kind, server: e.Server, byHand: e.AnyServer && e.Kind == manualKind}
	}
	return &mover{first: was.first, last: here, byHand: was.byHand && (seenByHand(e) || e.Kind == manualKind)}
}

// canMove tells whether a command may move the traffic of a switch, and
// whether it does for sure. What takes the old server out or brings the new
// one in does. A command of the user's, another HAProxy, a weight that leaves
// a server some of the traffic, and any other kind may.
func (m *moves) canMove(e *history.Step, w *Switch) (may, sure bool) {
	does, weight := effects[e.Kind], e.Kind == "weight"
	switch {
	case seenByHand(e):
		return m.handMoves(e, w)
	case e.AnyServer, e.Takeover:
		return true, false
	case e.Server == w.From && does.takesOut:
		return true, !weight || toZero(e)
	case e.Server == w.To && does.bringsIn:
		may = m.bringsIn(e, w) && !toZero(e)
		return may, may && !weight
	case e.Server != w.From && e.Server != w.To, does.takesOut, does.bringsIn:
		return false, false
	}
	return true, false
}

// toZero tells a command that gives a server the weight 0.
func toZero(e *history.Step) bool { return e.Kind == "weight" && strings.HasSuffix(e.Command, " 0") }

// bringsIn tells whether a command lets the new server serve: not while it is
// in maintenance or drain, and a backup waits until the other one is gone.
func (m *moves) bringsIn(e *history.Step, w *Switch) bool {
	waits := m.backup[w.To] && !m.backup[w.From]
	does := effects[e.Kind]
	return does.bringsIn && !waits && (does.tells == up || !m.out[w.To])
}

// setOut follows which servers the steps have in maintenance or drain.
func (m *moves) setOut(e *history.Step) {
	switch tells := effects[e.Kind].tells; {
	case seenByHand(e) && haproxy.Status(e.Saw).Serving():
		delete(m.out, e.Server)
	case seenByHand(e):
		m.out[e.Server] = true
	case e.AnyServer:
		clear(m.out)
	case tells == up:
		delete(m.out, e.Server)
	case tells != "":
		m.out[e.Server] = true
	}
}
