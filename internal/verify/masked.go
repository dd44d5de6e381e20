package verify

import (
	"fmt"
	"strconv"
	"strings"

	"halab/internal/haproxy"
	"halab/internal/history"
)

// masked is invariant 10: no request was answered only because HAProxy tried
// again. Its client saw nothing but the time, yet it was not served cleanly,
// and the next time the retry may fail as well.
type masked struct {
	run      *run
	answered int64 // answered requests whose log line tells of retries
	slow     int64 // of those, the ones that took a second or more
	sessions int64 // in mode tcp: sessions with retries that carried something
	first    history.Micros
	last     history.Micros // of the requests and the sessions
	// counted are HAProxy's own counters of the servers, logged what the log
	// tells of, of whatever request.
	counted map[haproxy.ServerRef]*tries
	logged  hidden
}

// tries are the counters of a server over all the HAProxys of a run. With
// each they begin anew.
type tries struct {
	before, now hidden // of those that are gone, and of the one that counts
	sessions    int64  // stot, which moves more often than the others
}

// hidden is what a client does not see, as it is counted.
type hidden struct {
	retries      int64 // wretr
	redispatches int64 // wredis
	errors       int64 // hrsp_5xx: answers 5xx of servers
}

func newMasked(r *run) *masked {
	return &masked{run: r, counted: map[haproxy.ServerRef]*tries{}}
}

func (m *masked) observe(e history.Event) {
	switch e := e.(type) {
	case *history.Request:
		if e.Log != nil {
			m.logged.tried(e.Log.Retries, e.Log.Redispatched)
		}
		if e.Status >= 500 && e.Outcome != history.Proxy5xx || e.Log != nil && e.Log.Status >= 500 && e.Log.State.Clean() {
			m.logged.errors++
		}
		if e.Outcome != history.OK || e.Log == nil || e.Log.Retries == 0 && !e.Log.Redispatched || !connected(e.Log.Tc) {
			return
		}
		if m.answered == 0 {
			m.first = began(e)
		}
		m.answered++
		m.last = max(m.last, began(e))
		if took(e) >= retryTimer {
			m.slow++
		}
	case *history.LogLine:
		m.logged.tried(e.Retries, e.Redispatched)
		if e.Status >= 500 && e.State.Clean() {
			m.logged.errors++
		}
		if m.run.asked(e.Frontend) && e.Bytes > 0 && (e.Retries > 0 || e.Redispatched) && connected(e.Tc) {
			m.sessions++
			m.last = max(m.last, e.At-history.Micros(e.EndUS-e.AcceptUS)) // it connected when it began
		}
	case *history.ServerState:
		m.count(e)
	}
}

// connected reports whether HAProxy reached a server in the end, by its timer
// Tc (HAProxy manual 8.4): what it tried in vain it answered itself, if at all,
// and its retries hid nothing.
func connected(tc int64) bool { return tc >= 0 }

func (m *masked) count(s *history.ServerState) {
	c := m.counted[s.Server]
	if c == nil {
		c = &tries{}
		m.counted[s.Server] = c
	}
	now := hidden{retries: s.Wretr, redispatches: s.Wredis, errors: s.Hrsp5xx}
	// A counter falls in another HAProxy alone, or where somebody clears it.
	if s.Stot < c.sessions || now.less(c.now) {
		c.before.add(c.now)
	}
	c.now, c.sessions = now, s.Stot
}

// less tells whether any of the counts is less than in other.
func (h hidden) less(other hidden) bool {
	return h.retries < other.retries || h.redispatches < other.redispatches || h.errors < other.errors
}

func (h *hidden) add(other hidden) {
	h.retries += other.retries
	h.redispatches += other.redispatches
	h.errors += other.errors
}

// tried adds what a log line tells of. A request may be sent to another
// server more than once, each time as one of its retries, or once from a
// queue, which is none; the line says only that it was.
func (h *hidden) tried(retries int, redispatched bool) {
	h.retries += int64(retries)
	if redispatched {
		h.redispatches += int64(max(1, retries))
	}
}

// retryTimer is what HAProxy waits before it connects to the same server
// again (HAProxy manual, retries): one second, or timeout connect where that
// is shorter.
const retryTimer = history.Micros(990_000)

func (m *masked) findings() []Finding {
	all := m.sum()
	f := Finding{Invariant: "nothing masked", Result: Pass, Count: m.answered + m.sessions, First: m.first, Last: m.last}
	var parts []string
	if m.answered > 0 {
		parts = append(parts, fmt.Sprintf("%s answered only after HAProxy tried again (%d of them a second late)",
			plural(m.answered, "request")+choose(m.answered, " was", " were"), m.slow))
		f.locate(m.run, m.first)
	}
	if m.sessions > 0 {
		parts = append(parts, plural(m.sessions, "connection")+choose(m.sessions, " was", " were")+" made only after HAProxy tried again")
	}
	if len(parts) == 0 {
		parts = append(parts, "no request was answered only after a retry")
	}
	if all.retries+all.redispatches > 0 {
		parts = append(parts, fmt.Sprintf("HAProxy counts %s and %s", times(all.retries, "retry", "retries"), times(all.redispatches, "redispatch", "redispatches")))
	}
	doubts := m.doubts(all)
	switch {
	case f.Count > int64(m.run.scenario.Expect.Masked):
		f.Result = Fail
	case len(doubts) > 0:
		f.Result = Inconclusive
		parts = append(parts, doubts...)
	}
	f.Text = strings.Join(parts, "; ")
	return []Finding{f}
}

// doubts are what HAProxy counted and nobody was seen to meet. Of a run that
// was cut they say nothing: what was counted last may not have been written.
func (m *masked) doubts(all hidden) []string {
	if m.run.cut || m.run.end == nil {
		return nil
	}
	var out []string
	if all.retries > m.logged.retries || all.redispatches > m.logged.redispatches {
		out = append(out, fmt.Sprintf("the log explains %s and %s: somebody was served only after a retry, and nobody can say who",
			times(m.logged.retries, "retry", "retries"), times(m.logged.redispatches, "redispatch", "redispatches")))
	}
	if all.errors > m.logged.errors {
		out = append(out, fmt.Sprintf("HAProxy counts %s 5xx of the servers, and clients saw %d: the others were hidden, and nobody can say from whom",
			plural(all.errors, "answer"), m.logged.errors))
	}
	return out
}

func (m *masked) sum() hidden {
	var all hidden
	for _, c := range m.counted {
		all.add(c.before)
		all.add(c.now)
	}
	return all
}

func times(n int64, one, many string) string {
	return strconv.FormatInt(n, 10) + choose(n, " "+one, " "+many)
}

// moreTimes is how often something happened again: 1 more time, 2 more times.
func moreTimes(n int64) string { return fmt.Sprintf("%d more %s", n, choose(n, "time", "times")) }
