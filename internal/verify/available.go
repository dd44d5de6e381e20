package verify

import (
	"fmt"
	"regexp"

	"halab/internal/history"
)

// AvailableName is the rule that every backend always has a server.
const AvailableName = "servers available"

// available holds that every backend that gets traffic always has a server, by
// HAProxy's own word: its message comes however short the time is, also where
// no request was sent meanwhile.
type available struct {
	run  *run
	outs []serverless
}

// serverless is a time in which a backend had no server.
type serverless struct {
	backend  string
	from, to history.Micros
	open     bool
}

// noServer is HAProxy's message; a listen section is a proxy there.
var noServer = regexp.MustCompile(`^(?:backend|proxy|listener) (\S+) has no server available!$`)

// maxOutages bounds the list.
const maxOutages = 1000

// lookEvery is the time between two looks at show stat. A look that HAProxy answered
// before its message may be recorded after it, but by no more than that.
const lookEvery = history.Micros(100_000)

func newAvailable(r *run) *available { return &available{run: r} }

func (a *available) observe(e history.Event) {
	switch e := e.(type) {
	case *history.Message:
		m := noServer.FindStringSubmatch(e.Text)
		if m != nil && a.run.scenario.Reached(m[1]) && len(a.outs) < maxOutages {
			a.outs = append(a.outs, serverless{backend: m[1], from: e.At, to: e.At, open: true})
		}
	case *history.ServerState:
		if !e.TakesTraffic() {
			return
		}
		for i := range a.outs {
			if o := &a.outs[i]; o.open && o.backend == e.Server.Backend && e.At >= o.from+lookEvery {
				o.open, o.to = false, e.At
			}
		}
	}
}

func (a *available) findings() []Finding {
	if len(a.outs) == 0 {
		return nil
	}
	first := a.outs[0]
	f := Finding{Invariant: AvailableName, Result: Fail, Count: int64(len(a.outs)), First: first.from, Last: a.outs[len(a.outs)-1].from}
	f.Text = fmt.Sprintf("HAProxy had no server left in %s at %s", first.backend, at(first.from))
	if first.open {
		f.Text += ", until the end"
	} else {
		f.Text += ", for " + round(first.to-first.from) + " at most"
	}
	if more := len(a.outs) - 1; more > 0 {
		f.Text += fmt.Sprintf("; and %s", moreTimes(int64(more)))
	}
	f.locate(a.run, f.First)
	if a.run.scenario.Expect.Lost > 0 {
		f.Result = Pass
		f.Text += fmt.Sprintf(" (%d may be lost)", a.run.scenario.Expect.Lost)
	}
	return []Finding{f}
}
