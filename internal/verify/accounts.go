package verify

import (
	"fmt"
	"strings"

	"halab/internal/history"
	"halab/internal/scenario"
)

// Accounts are the three counts that have to agree: what the prober did, what
// HAProxy counted, and what HAProxy logged. In mode http they are requests, in
// mode tcp connections.
type Accounts struct {
	Unit string `json:"unit"` // "requests" or "connections"
	// Answered is what HAProxy must have seen, Unanswered what it may have
	// seen: a request that got no answer may have been lost before it.
	Answered   int64 `json:"answered"`
	Unanswered int64 `json:"unanswered"`
	HAProxy    int64 `json:"haproxy"` // req_tot, or stot in mode tcp
	Logged     int64 `json:"logged"`
	// Others are those of Logged that a command of the user's may have sent:
	// they carry no id of the prober's, and came after such a command had
	// begun. In mode tcp they cannot be told.
	Others int64 `json:"others,omitempty"`
	// Unlogged are answers without a log line: lines that were lost. A
	// request without an answer may have no line by right, for HAProxy closes
	// a reused connection without one when the server's side of it turns out
	// dead, and leaves it to the client to try again.
	Unlogged int64 `json:"unlogged"`
	// Unread are log lines that could not be kept or read.
	Unread int64 `json:"unread"`
	Known  bool  `json:"known"` // HAProxy's final counters are there
	// Partial says that a HAProxy which was taken over from has not told its
	// counters, so that the log alone is compared.
	Partial bool `json:"partial,omitempty"`
}

// accounts is invariant 13.
type accounts struct {
	run     *run
	tcp     bool
	command bool // a command of the user's has begun
	// final are the counters at the end of the frontends that the traffic
	// goes to; nil until they are known.
	final map[string]*history.Counters
	sum   Accounts
}

func newAccounts(r *run) *accounts {
	a := &accounts{run: r, final: map[string]*history.Counters{}}
	for _, f := range r.scenario.TrafficFrontends() {
		a.final[f.Name] = nil
		a.tcp = r.scenario.ModeOf(f.Name) == scenario.ModeTCP
	}
	a.sum.Unit = "requests"
	if a.tcp {
		a.sum.Unit = "connections"
	}
	return a
}

func (a *accounts) observe(e history.Event) {
	switch e := e.(type) {
	case *history.Request:
		a.request(e)
	case *history.Step:
		a.command = a.command || e.AnyServer
	case *history.End:
		a.sum.Logged += int64(e.OrphanLogLines)
		a.sum.Unread += e.LostLogLines
	case *history.LogLine:
		if _, ours := a.final[e.Frontend]; ours {
			a.sum.Logged++
			if a.command && !a.tcp {
				a.sum.Others++
			}
		}
	case *history.Counters:
		if _, ours := a.final[e.Proxy]; ours && e.Final {
			a.final[e.Proxy] = e
		}
	}
}

// counters adds HAProxy's counters up, once they are all known.
func (a *accounts) counters() {
	a.sum.Known, a.sum.HAProxy = true, 0
	for _, c := range a.final {
		switch {
		case c == nil:
			a.sum.Known = false
			continue
		case a.tcp:
			a.sum.HAProxy += c.Stot
		default:
			a.sum.HAProxy += c.ReqTot
		}
		a.sum.Partial = a.sum.Partial || c.Partial
	}
}

func (a *accounts) request(r *history.Request) {
	if r.Log != nil {
		a.sum.Logged++
	}
	switch {
	case r.Conn == 0:
		return // no connection was made, so HAProxy saw nothing
	case a.tcp && r.Reuse > 0:
		return // the first request of a connection stands for it
	case !a.tcp && r.Sent == 0:
		return // nothing was written
	case r.Status == 0:
		a.sum.Unanswered++
		return
	}
	a.sum.Answered++
	if !a.tcp && r.Log == nil {
		a.sum.Unlogged++
	}
}

func (a *accounts) findings() []Finding {
	a.counters()
	s, unit := &a.sum, strings.TrimSuffix(a.sum.Unit, "s")
	f := Finding{Invariant: "accounts agree", Result: Inconclusive}
	text := fmt.Sprintf("%s answered, %d in HAProxy's counter, %d in its log", plural(s.Answered, unit), s.HAProxy, s.Logged)
	if s.Unanswered > 0 {
		text = fmt.Sprintf("%s answered and %d not, %d in HAProxy's counter, %d in its log", plural(s.Answered, unit), s.Unanswered, s.HAProxy, s.Logged)
	}
	if s.Others > 0 {
		text += fmt.Sprintf(", %d of them sent by something else since a command of yours began", s.Others)
	}
	if s.Partial {
		text = fmt.Sprintf("%s answered and %d not, %d in HAProxy's log; its counters went with a HAProxy that was taken over from", plural(s.Answered, unit), s.Unanswered, s.Logged)
		s.HAProxy = max(s.Answered, s.Logged)
	}
	disagree := func(count int64, why string) []Finding {
		f.Count, f.Text = count, "accounts do not agree: "+text+"; "+why
		return []Finding{f}
	}
	lines := max(s.Unlogged, s.Unread, s.Answered-s.Logged+s.Others)
	switch {
	case !s.Known:
		f.Count, f.Text = 1, "HAProxy's counters at the end are not known, so the accounts cannot be compared"
		return []Finding{f}
	case s.HAProxy > s.Answered+s.Unanswered+s.Others:
		return disagree(s.HAProxy-s.Answered-s.Unanswered-s.Others, "something else sent requests, or sent one again")
	case s.HAProxy < s.Answered:
		return disagree(s.Answered-s.HAProxy, "HAProxy counts fewer than it answered: its counters began anew")
	case lines > 0:
		f.follows = true // a HAProxy without a processor writes no line
		return disagree(lines, plural(lines, "log line")+choose(lines, " was", " were")+" lost")
	case s.Logged > s.HAProxy:
		return disagree(s.Logged-s.HAProxy, "the log tells of requests that HAProxy did not count")
	}
	f.Result, f.Text = Pass, text
	return []Finding{f}
}
