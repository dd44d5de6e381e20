package verify

import (
	"halab/internal/haproxy"
	"halab/internal/history"
)

// manualKind is the step that somebody does by hand. Its first command is the
// instruction; each one after it is a change of a server that was seen then.
const manualKind = "manual"

// seenByHand reports whether a command is a change that was made by hand, and seen.
func seenByHand(e *history.Step) bool {
	return e.Kind == manualKind && e.Phase == history.Command && e.Server != "" && e.Saw != ""
}

// handMoves is canMove of a change that was made by hand: it is known what the
// server became, whatever made it so.
func (m *moves) handMoves(e *history.Step, w *Switch) (may, sure bool) {
	status := haproxy.Status(e.Saw)
	out := status.Maint() || status.Base() == "DRAIN"
	waits := m.backup[w.To] && !m.backup[w.From]
	switch e.Server {
	case w.From:
		return true, out
	case w.To:
		return !out && !waits, !out && !waits && m.out[w.To]
	}
	return false, false
}
