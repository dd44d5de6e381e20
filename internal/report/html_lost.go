package report

import (
	"fmt"

	"halab/internal/history"
	"halab/internal/verify"
)

// lostPart is the list of what was lost.
type lostPart struct {
	LostIntro     string
	LostFirst     []lostRow // shown at once
	LostRest      []lostRow // behind a disclosure
	LostRestStart int
	LostUnlisted  int64
}

// lostRow is one lost request.
type lostRow struct {
	Index           int
	At, Sent, Took  history.Micros
	Lane, ID, Cause string
	Step            int
	StepText        string
	Conn            int64
	Reuse, Port     int
	Body, Error     string
	Log             *logRow
}

// logRow is what HAProxy logged of it.
type logRow struct{ Line, Means string }

// shownLost is how many lost requests the page shows before it is asked for
// more.
const shownLost = 20

func newLostPart(v *verify.Verdict) lostPart {
	var rows []lostRow
	for i := range v.Lost {
		rows = append(rows, newLostRow(i, &v.Lost[i]))
	}
	n := min(shownLost, len(rows))
	p := lostPart{LostFirst: rows[:n], LostRest: rows[n:], LostRestStart: n + 1, LostUnlisted: v.LostAll - int64(len(rows))}
	was := "requests were"
	if v.LostAll == 1 {
		was = "request was"
	}
	p.LostIntro = fmt.Sprintf("%s %s lost, in the order in which they were lost. Below each stands what HAProxy's log has of it.", count(v.LostAll), was)
	return p
}

func newLostRow(i int, l *verify.Lost) lostRow {
	r := lostRow{
		Index: i, At: where(&l.Request), Sent: l.Began(), Lane: l.Lane, ID: l.ID, Cause: cause(l), Step: l.Step, StepText: l.Text,
		Conn: l.Conn, Reuse: l.Reuse, Port: l.Port, Error: l.Error,
	}
	if l.Status >= 400 {
		r.Error = "" // the status says it
	}
	r.Took = r.At - r.Sent
	if l.Want != l.Got {
		r.Body = fmt.Sprintf("body %d of %d bytes", l.Got, l.Want)
	}
	if s := l.Log; s != nil {
		r.Log = &logRow{Line: logLine(s), Means: s.State.Explain()}
	}
	return r
}

// logLine writes the log's record with HAProxy's own names (manual 8.2.3).
func logLine(s *history.Seen) string {
	text := fmt.Sprintf("%s %s %d %d bytes Tw %d Tc %d Tr %d Ta %d ms", s.State, s.Server, s.Status, s.Bytes, s.Tw, s.Tc, s.Tr, s.Ta)
	if s.Retries > 0 || s.Redispatched {
		text += ", " + retries(s.Retries)
	}
	if s.Redispatched {
		text += ", redispatched"
	}
	return text
}
