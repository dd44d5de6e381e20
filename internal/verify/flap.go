package verify

import (
	"fmt"

	"halab/internal/history"
)

// flap is invariant 6: on one connection the traffic does not go back to a
// server that it has left, except where the scenario says so.
type flap struct {
	run *run
	// at is how far along the path each reused connection has come, and since
	// when its client can know: HTTP/2 sends many requests at once.
	at    map[int64]place
	path  []string
	count int64
	first history.Micros
	conn  int64
}

// place is a place on the path, and when the first answer from there began.
type place struct {
	on    int
	since history.Micros
}

func newFlap(r *run) *flap { return &flap{run: r, path: r.path(), at: map[int64]place{}} }

func (f *flap) observe(e history.Event) {
	r, ok := e.(*history.Request)
	if !ok || r.Conn == 0 || r.Server == "" || len(f.path) == 0 || !history.Reuses(r.Class()) || f.run.failed {
		return
	}
	here := f.at[r.Conn]
	switch {
	case r.Server == f.path[here.on]:
		here.since = min(here.since, answeredAt(r))
		f.at[r.Conn] = here
	case here.on+1 < len(f.path) && r.Server == f.path[here.on+1]:
		f.at[r.Conn] = place{here.on + 1, answeredAt(r)}
	case here.on > 0 && r.Server == f.path[here.on-1] && began(r) >= here.since:
		if f.count == 0 {
			f.first, f.conn = began(r), r.Conn
		}
		f.count++
	}
}

func (f *flap) findings() []Finding {
	if len(f.path) == 0 {
		return nil
	}
	out := Finding{Invariant: "no flap back", Result: Pass, Count: f.count, Text: "no connection went back to a server that it had left"}
	if f.count > 0 {
		out.Result, out.First = Fail, f.first
		out.Text = fmt.Sprintf("%s came from a server that %s connection had left before; the first at %s on connection %d", plural(f.count, "answer"), choose(f.count, "its", "their"), at(f.first), f.conn)
		if step := f.run.stepAt(f.first); step != nil {
			out.Step, out.Line = step.Index, step.Line
		}
	}
	return []Finding{out}
}
