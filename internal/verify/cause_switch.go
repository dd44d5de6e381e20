package verify

import (
	"fmt"

	"halab/internal/scenario"
)

// tcpKeepsConnections: in mode tcp HAProxy chooses a server once a
// connection, so what is kept stays where it was.
func tcpKeepsConnections(e *evidence) Cause {
	if e.run.scenario.ModeOf(e.run.scenario.TrafficFrontend().Name) != scenario.ModeTCP {
		return Cause{}
	}
	for _, w := range e.run.moves.switches[:e.run.moves.done] {
		if w.Late > 0 && w.lateLanes["new"] == 0 && w.lateLanes["poll"] == 0 {
			return Cause{Step: w.Step,
				What:    fmt.Sprintf("%s: %s on kept connections stayed with %s, for in mode tcp HAProxy chooses a server once a connection.", e.step(w.Step), plural(w.Late, "request"), w.From),
				Instead: "mode http chooses for every request; in mode tcp on-marked-down shutdown-sessions closes the connections."}
		}
	}
	return Cause{}
}
