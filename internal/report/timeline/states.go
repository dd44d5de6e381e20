package timeline

import "halab/internal/history"

// ServerRow is one server's states over the run.
type ServerRow struct {
	Server   string
	Segments []Segment
	Cut      bool // it changed more often than is kept
}

// Segment is a time in which a server's status did not change.
type Segment struct {
	From, To history.Micros
	Status   string // as show stat says it
	Weight   int64
}

func (t *Timeline) state(e *history.ServerState) {
	name := e.Server.String()
	i, ok := t.states[name]
	if !ok {
		i = len(t.States)
		t.states[name] = i
		t.States = append(t.States, ServerRow{Server: name})
	}
	row := &t.States[i]
	if n := len(row.Segments); n > 0 {
		last := &row.Segments[n-1]
		if last.Status == e.Status && last.Weight == e.Weight {
			return
		}
		last.To = max(last.From, e.At)
	}
	if len(row.Segments) == maxSegments {
		row.Cut = true
		return
	}
	row.Segments = append(row.Segments, Segment{From: e.At, Status: e.Status, Weight: e.Weight})
}

// close lets the last state last to the end.
func (r *ServerRow) close(end history.Micros) {
	if n := len(r.Segments); n > 0 && !r.Cut {
		r.Segments[n-1].To = max(r.Segments[n-1].From, end)
	}
}
