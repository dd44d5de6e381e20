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
	wretr    map[haproxy.ServerRef]int64
	wredis   map[haproxy.ServerRef]int64
	logged   int64 // retries that the log tells of, of whatever request
}

func newMasked(r *run) *masked {
	return &masked{run: r, wretr: map[haproxy.ServerRef]int64{}, wredis: map[haproxy.ServerRef]int64{}}
}

func (m *masked) observe(e history.Event) {
	switch e := e.(type) {
	case *history.Request:
		if e.Log != nil {
			m.logged += int64(e.Log.Retries)
		}
		if e.Outcome != history.OK || e.Log == nil || e.Log.Retries == 0 && !e.Log.Redispatched {
			return
		}
		if m.answered == 0 {
			m.first = began(e)
		}
		m.answered++
		if took(e) >= retryTimer {
			m.slow++
		}
	case *history.LogLine:
		m.logged += int64(e.Retries)
		if m.run.asked(e.Frontend) && e.Bytes > 0 && (e.Retries > 0 || e.Redispatched) {
			m.sessions++
		}
	case *history.ServerState:
		m.wretr[e.Server] = max(m.wretr[e.Server], e.Wretr)
		m.wredis[e.Server] = max(m.wredis[e.Server], e.Wredis)
	}
}

// retryTimer is what HAProxy waits before it connects to the same server
// again (HAProxy manual, retries): one second, or timeout connect where that
// is shorter.
const retryTimer = history.Micros(990_000)

func (m *masked) findings() []Finding {
	wretr, wredis := sum(m.wretr), sum(m.wredis)
	f := Finding{Invariant: "nothing masked", Result: Pass, Count: m.answered + m.sessions, First: m.first}
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
	if wretr+wredis > 0 {
		parts = append(parts, fmt.Sprintf("HAProxy counts %d %s and %s", wretr, choose(wretr, "retry", "retries"), strconv.FormatInt(wredis, 10)+choose(wredis, " redispatch", " redispatches")))
	}
	f.Text = strings.Join(parts, "; ")
	switch {
	case f.Count > int64(m.run.scenario.Expect.Masked):
		f.Result = Fail
	case wretr > m.logged:
		f.Result = Inconclusive
		f.Text += fmt.Sprintf(", of which the log explains %d: somebody was served only after a retry, and nobody can say who", m.logged)
	}
	return []Finding{f}
}

func sum(counts map[haproxy.ServerRef]int64) int64 {
	var n int64
	for _, c := range counts {
		n += c
	}
	return n
}
