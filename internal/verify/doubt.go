package verify

import (
	"fmt"

	"halab/internal/history"
)

// doubt is why nobody can know whether a request was lost.
type doubt int

const (
	none doubt = iota
	// uncarried is an upload without a whole answer. It may not be sent again
	// by itself: whether it was carried out cannot be known (RFC 9110, 9.2.2).
	uncarried
	// unread is a request that HAProxy served in time, by its log, and whose
	// answer the prober did not read in time: it was the prober that stood
	// still.
	unread
	// unserved is a request that was not answered in time while a program had no
	// processor: the machine had too much else to do.
	unserved
	// contrary is an answer of which HAProxy's log tells another server,
	// another status or fewer bytes than the client got: one of the two
	// records is wrong.
	contrary
)

// doubt is that of a request; none of one that was surely answered or lost.
func (j *judge) doubt(r *history.Request) doubt {
	switch r.Outcome {
	case history.OK:
		switch {
		case j.late(r) && j.served(r):
			return unread
		case j.late(r) && j.unserved(r):
			return unserved
		case j.contradicted(r):
			return contrary
		}
		return none
	case history.Timeout, history.ConnectTimeout:
		switch {
		case j.served(r):
			return unread
		case j.unserved(r):
			return unserved
		}
	case history.Closed, history.InFlight, history.Reset, history.Truncated:
	default:
		return none
	}
	if r.Class() == history.UploadLane && r.Sent > 0 {
		return uncarried
	}
	return none
}

// served tells whether HAProxy's log says that a request was served cleanly
// and in time.
func (j *judge) served(r *history.Request) bool {
	l := r.Log
	return arrived(r) && l.State.Clean() && l.Ta >= 0 && servedBy(l) < r.Intended+j.timeout
}

// starved tells a request whose client waited for long, most of it while
// HAProxy, nginx or halab had no processor. A HAProxy that hangs does not wait for one.
func starved(r *history.Request) bool { return starvedOf(r, waited(r)) }

func starvedOf(r *history.Request, length history.Micros) bool {
	return r.Starved > 0 && 2*r.Starved >= length
}

// unserved tells a request that was not answered in time, for most of which
// HAProxy, nginx or halab had no processor.
func (j *judge) unserved(r *history.Request) bool { return starvedOf(r, min(waited(r), j.timeout)) }

// waited is how long the client of a request did.
func waited(r *history.Request) history.Micros {
	if r.Quiet > 0 {
		return r.Quiet
	}
	return r.Done - r.Intended
}

// arrived tells whether HAProxy's log says when it had the request. It says so
// by the clock of the wall, in milliseconds: a time at which nobody can have
// had it means that the clock was set, and counts for none.
func arrived(r *history.Request) bool {
	l := r.Log
	return l != nil && l.Arrived > 0 && l.Arrived >= r.Sent-1000 && l.Arrived <= r.Done
}

// late tells an answer that came when the prober had given up: it has to be a
// timeout, unless it is the prober that stood still.
func (j *judge) late(r *history.Request) bool {
	return answered(r)-r.Intended > j.timeout+busy
}

// answered is when the answer was whole; that to a stream, when it began.
func answered(r *history.Request) history.Micros {
	if r.Class() == history.StreamLane {
		return answeredAt(r)
	}
	return r.Done
}

// contradicted tells an answer that HAProxy's log does not know. A server may
// have another name there, once a command of the user's can have given it one.
func (j *judge) contradicted(r *history.Request) bool {
	l := r.Log
	if l == nil {
		return false
	}
	return l.Status != r.Status || l.Bytes < r.Got || r.Server != "" && l.Server != r.Server && !j.commanded(r, always)
}

// unclear is invariant 2: a request of which nobody can know whether it was
// lost is not failed, and neither is it passed, unless as many may be lost.
type unclear struct {
	run   *run
	seen  map[doubtful]*undecideds
	order []doubtful
}

// doubtful is a doubt on a lane.
type doubtful struct {
	lane string
	why  doubt
}

// undecideds are those of one doubt, and the longest time for which the host
// held one of them up.
type undecideds struct {
	ended
	held stall
}

func newUnclear(r *run) *unclear { return &unclear{run: r, seen: map[doubtful]*undecideds{}} }

func (u *unclear) observe(e history.Event) {
	r, ok := e.(*history.Request)
	if !ok || u.run.class(r) != undecided {
		return
	}
	key := doubtful{r.Lane, u.run.doubt(r)}
	d := u.seen[key]
	if d == nil {
		d = &undecideds{ended: ended{first: LostAt(r)}}
		u.seen[key] = d
		u.order = append(u.order, key)
	}
	d.count++
	d.last = LostAt(r)
	d.held.longer(r)
}

func (u *unclear) findings() []Finding {
	var out []Finding
	within := u.run.lostAtMost() <= int64(u.run.scenario.Expect.Lost)
	for _, key := range u.order {
		d := u.seen[key]
		f := Finding{Invariant: "decided", Lane: key.lane, Result: Inconclusive, Count: d.count, First: d.first, Last: d.last, Text: d.text(key)}
		switch key.why {
		case unread:
			f.busy(bySchedule)
		case unserved:
			f.busy(d.held.measure())
		}
		if within && key.why != contrary { // which doubts the records
			f.Result = Pass
			f.Text += fmt.Sprintf(" (%d may be lost)", u.run.scenario.Expect.Lost)
		}
		f.locate(u.run, d.first)
		out = append(out, f)
	}
	return out
}

// lostAtMost is how many requests were lost if each that is undecided was.
func (t *tally) lostAtMost() int64 {
	var n int64
	for _, l := range t.lanes {
		n += l.Lost + l.Undecided
	}
	return n
}

func (d *undecideds) text(of doubtful) string {
	n := d.count
	on := plural(n, "request") + " on " + of.lane + " " + choose(n, "was", "were") + " "
	switch of.why {
	case uncarried:
		return fmt.Sprintf("%s without a whole answer: whether %s carried out cannot be known", plural(n, "upload")+" ended", choose(n, "it was", "they were"))
	case unread:
		return on + "served in time, by HAProxy's log, and seen too late: the prober stood still"
	case unserved:
		return on + "not answered in time while " + d.held.String()
	}
	return on + "answered otherwise than HAProxy's log says: one of the two records is wrong"
}
