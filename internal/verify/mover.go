package verify

import "halab/internal/history"

// mover is the command from which a switch is measured: the first that can
// have moved the traffic, so that one which comes a moment before the first
// new answer does not make a slow switch look fast.
type mover struct {
	at   history.Micros
	step int
	sure bool // its kind takes a server out, or brings one in
}

// takesOut and bringsIn are the kinds of step that move traffic away from a
// server or to it.
var (
	takesOut = map[string]bool{"cut": true, "drain": true, "kill": true, "maint": true, "pause": true, "quit": true, "replace": true, "stop": true, "weight": true}
	bringsIn = map[string]bool{"heal": true, "ready": true, "resume": true, "start": true, "weight": true}
)

// commanded keeps what may move the traffic from path[done] to the next. What
// takes the old server out or brings the new one in does so for sure; a
// command of the user's, another HAProxy and any other kind may.
func (m *moves) commanded(e *history.Step) {
	defer m.setOut(e)
	if m.done == len(m.switches) {
		return
	}
	w := &m.switches[m.done]
	sure := false
	switch {
	case e.AnyServer, e.Takeover:
	case e.Server == w.From && takesOut[e.Kind], e.Server == w.To && m.bringsIn(e, w):
		sure = true
	case e.Server != w.From && e.Server != w.To, takesOut[e.Kind], bringsIn[e.Kind]:
		return
	}
	if m.mover == nil || sure && !m.mover.sure {
		m.mover = &mover{at: e.At, step: e.Index, sure: sure}
	}
}

// bringsIn tells whether a command lets the new server serve: not while it is
// in maintenance or drain, and a backup waits until the other one is gone.
func (m *moves) bringsIn(e *history.Step, w *Switch) bool {
	waits := m.backup[w.To] && !m.backup[w.From]
	return bringsIn[e.Kind] && !waits && (e.Kind == "ready" || !m.out[w.To])
}

// setOut follows which servers the steps have in maintenance or drain.
func (m *moves) setOut(e *history.Step) {
	switch {
	case e.AnyServer:
		clear(m.out)
	case e.Kind == "maint", e.Kind == "drain":
		m.out[e.Server] = true
	case e.Kind == "ready":
		delete(m.out, e.Server)
	}
}
