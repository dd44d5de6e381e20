package verify

import (
	"fmt"

	"halab/internal/history"
)

// outage is invariant 8: the longest run from the first bad send to the first
// good one, on a lane that sends alone on new connections or reuses them
// alike. It is as exact as the lane's requests are apart, at most twice its
// interval. A transfer is bad from the moment to which its loss belongs, and
// only one that was sent after that shows that it is over. A stream sends but once, so
// streams have none: that they broke is told by loss.
type outage struct {
	run   *run
	lanes map[string]*dark
}

type dark struct {
	since   history.Micros // first bad send of the present run; 0: none
	apart   history.Micros // of that from the last good one before it
	bad     bool
	longest history.Micros
	from    history.Micros
	give    history.Micros // by how much that may have begun earlier
	some    bool           // there was one
	open    bool           // the longest lasted to the end
	latest  history.Micros // latest send
	patchy
}

func newOutage(r *run) *outage { return &outage{run: r, lanes: map[string]*dark{}} }

func (o *outage) observe(e history.Event) {
	r, ok := e.(*history.Request)
	if !ok || r.Class() == history.StepLane || r.Class() == history.StreamLane {
		return
	}
	class := o.run.class(r)
	if class != fine && class != lost { // it tells of neither
		return
	}
	d := o.lanes[r.Lane]
	if d == nil {
		d = &dark{}
		o.lanes[r.Lane] = d
	}
	d.patchy.add(r, class == lost)
	if lengthy(r) {
		d.transfer(r, class == lost)
		return
	}
	before := d.latest
	d.latest = began(r)
	switch bad := class == lost; {
	case bad && !d.bad:
		d.bad, d.since, d.apart = true, began(r), began(r)-before
	case !bad && d.bad:
		d.bad = false
		d.close(began(r))
	}
}

// transfer takes what ended long after it was sent. They come in the order in
// which they were sent, several at a time.
func (d *dark) transfer(r *history.Request, bad bool) {
	switch {
	case bad && !d.bad:
		d.bad, d.since, d.apart = true, LostAt(r), 0
	case bad:
		d.since = min(d.since, LostAt(r))
	case d.bad && began(r) >= d.since:
		d.bad = false
		d.close(began(r))
	}
	if bad {
		d.latest = max(d.latest, LostAt(r))
	} else {
		d.latest = max(d.latest, began(r))
	}
}

func (d *dark) close(until history.Micros) {
	if !d.some || until-d.since > d.longest {
		d.longest, d.from, d.open, d.give = until-d.since, d.since, d.bad, d.apart
	}
	d.some = true
}

func (o *outage) findings() []Finding {
	var out []Finding
	for _, name := range o.run.order {
		d := o.lanes[name]
		if d == nil {
			continue
		}
		if d.bad {
			d.close(d.latest)
		}
		d.patchy.close()
		if d.some {
			out = append(out, o.finding(name, d))
		}
	}
	return out
}

func (o *outage) finding(name string, d *dark) Finding {
	f := Finding{Invariant: "outage", Lane: name, Result: Pass, Count: 1, First: d.from, Last: d.from + d.longest}
	length, to := round(d.longest), ""
	if d.open {
		length, to = "at least "+length, " to the end"
	}
	f.Text = fmt.Sprintf("the longest outage on %s was %s (± %s), from %s%s", name, length, round(max(d.give, o.run.lane(name).Interval)), at(d.from), to)
	if d.worst.holes > 2 && d.worst.to-d.worst.from > d.longest {
		f.Text += "; " + d.worst.String()
	}
	f.locate(o.run, d.from)
	if o.run.lane(name).Lost > int64(o.run.scenario.Expect.Lost) {
		f.Result = Fail
	}
	return f
}
