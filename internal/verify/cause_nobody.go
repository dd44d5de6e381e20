package verify

import (
	"fmt"
	"strings"

	"halab/internal/history"
)

// nobody is what was lost because no server was left.
type nobody struct {
	haul
	backend string
	deed    deed // after which it was so
}

// nobodyLeft finds the first step after which HAProxy had no server left.
func (e *evidence) nobodyLeft() (nobody, bool) {
	const none = "/<NOSRV>"
	for _, d := range e.deeds {
		n := nobody{backend: backendOf(d.server), deed: d}
		n.haul = e.lost(func(k lossKind) bool {
			backend, ok := strings.CutSuffix(k.server, none)
			if ok && d.any {
				n.backend = backend
			}
			return ok && k.step == d.step && k.outcome == history.Proxy5xx && (d.any || backend == n.backend)
		})
		if n.all > 0 {
			return n, true
		}
	}
	return nobody{}, false
}

// backupOut: a backup was out already when the servers that it stands for
// were taken out.
func backupOut(e *evidence) Cause {
	n, ok := e.nobodyLeft()
	if !ok {
		return Cause{}
	}
	for _, server := range e.servers(n.backend) {
		if !e.backup(server) || server == n.deed.server || e.serving(server, n.deed.at) {
			continue
		}
		since := string(e.statusAt(server, n.deed.at))
		if step := e.takenOut(server, n.deed.at); step > 0 {
			since = "out since " + e.step(step)
		}
		return Cause{Step: n.deed.step,
			What:    fmt.Sprintf("%s: %s found no server, for the backup %s was %s.", e.step(n.deed.step), n.haul, server, since),
			Instead: fmt.Sprintf("`expect: {server: %s, state: UP}` before it would have stopped the procedure.", server)}
	}
	return Cause{}
}

func (e *evidence) backup(server string) bool {
	for _, s := range e.states[server] {
		return s.Backup
	}
	return false
}
