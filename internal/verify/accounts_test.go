package verify

import (
	"testing"

	"halab/internal/haproxy"
	"halab/internal/history"
)

// counted changes HAProxy's last counters.
func counted(change func(*history.Counters)) func([]history.Event) []history.Event {
	return func(all []history.Event) []history.Event {
		for _, e := range all {
			if c, ok := e.(*history.Counters); ok {
				change(c)
			}
		}
		return all
	}
}

// partial are counters of a run in which a HAProxy was taken over from and
// ended before it was asked.
func partial(all []history.Event) []history.Event {
	return counted(func(c *history.Counters) { c.Partial = true; c.ReqTot -= 9 })(all)
}

func atEnd(change func(*history.End)) func([]history.Event) []history.Event {
	return func(all []history.Event) []history.Event {
		change(all[len(all)-1].(*history.End))
		return all
	}
}

func addEvent(e history.Event) func([]history.Event) []history.Event {
	return func(all []history.Event) []history.Event {
		return append(append(all[:len(all)-2:len(all)-2], e), all[len(all)-2:]...)
	}
}

func session(change func(*haproxy.LogLine)) *history.LogLine {
	l := &history.LogLine{At: allOver, LogLine: haproxy.LogLine{Frontend: "app", Backend: "bk", Server: "old", State: "--", Bytes: 1}}
	change(&l.LogLine)
	return l
}

// stranger sends a request that is none of the prober's, after a command of
// the user's where one is given.
func stranger(command *history.Step) func([]history.Event) []history.Event {
	return func(all []history.Event) []history.Event {
		if command != nil {
			all = addEvent(command)(all)
		}
		return counted(func(c *history.Counters) { c.ReqTot++; c.Stot++ })(addEvent(session(func(*haproxy.LogLine) {}))(all))
	}
}

func TestAccounts(t *testing.T) {
	timeout := only("new-50", func(r *request) {
		conn, sent := r.Conn, r.Sent
		lose(r, history.Timeout)
		r.Conn, r.Sent = conn, sent
	})
	unlog := only("new-50", func(r *request) { r.Log = nil })
	asked := history.Step{At: allOver, Index: 1, Kind: "run", Text: "run: ./look", Phase: history.Look, Command: "./look", AnyServer: true}
	runCases(t, []verdictCase{
		{"agree", build{}, Pass, "accounts agree", "407 requests answered, 407 in HAProxy's counter, 407 in its log"},
		{"no final counters", build{events: counted(func(c *history.Counters) { c.Final = false })}, Inconclusive, "accounts agree", "not known"},
		{"counters of another frontend", build{events: counted(func(c *history.Counters) { c.Proxy = "stats" })}, Inconclusive, "accounts agree", "not known"},
		{"sent again by somebody", build{events: counted(func(c *history.Counters) { c.ReqTot++ })}, Inconclusive, "accounts agree", "something else sent requests, or sent one again"},
		{"counters begin anew", build{events: counted(func(c *history.Counters) { c.ReqTot = 200 })}, Inconclusive, "accounts agree", "HAProxy counts fewer than it answered: its counters began anew"},
		{"a line is lost", build{request: unlog}, Inconclusive, "accounts agree", "406 in its log; 1 log line was lost"},
		{"a line could not be read", build{events: atEnd(func(e *history.End) { e.LostLogLines = 2 })}, Inconclusive, "accounts agree", "2 log lines were lost"},
		{"a line is lost and a stranger's is there", build{request: unlog, events: addEvent(session(func(*haproxy.LogLine) {}))}, Inconclusive, "accounts agree", "1 log line was lost"},
		{"a line of another frontend", build{events: addEvent(session(func(l *haproxy.LogLine) { l.Frontend = "stats" }))}, Pass, "accounts agree", "407"},
		{"a line of no request", build{events: atEnd(func(e *history.End) { e.OrphanLogLines = 1 })}, Inconclusive, "accounts agree", "408 in its log"},
		{"no answer, and counted", build{expect: "lost: 1", request: timeout}, Pass, "accounts agree", "406 requests answered and 1 not, 407 in HAProxy's counter"},
		{"no answer, and not counted", build{expect: "lost: 1", request: timeout, events: counted(func(c *history.Counters) { c.ReqTot-- })}, Pass, "accounts agree", "406 requests answered and 1 not, 406 in HAProxy's counter"},
		{"nothing written, so nothing to count", build{expect: "stale: 1", request: only("kept-50", stalled)}, Pass, "accounts agree", "406 requests answered, 406"},
		{"a HAProxy that was taken over from has not told", build{events: partial}, Pass, "accounts agree", "407 in HAProxy's log; its counters went with a HAProxy that was taken over from"},
		{"and its log tells of more", build{events: func(all []history.Event) []history.Event {
			return atEnd(func(e *history.End) { e.OrphanLogLines = 1 })(partial(all))
		}}, Inconclusive, "accounts agree", "something else sent requests"},
		{"or of less", build{request: unlog, events: partial}, Inconclusive, "accounts agree", "1 log line was lost"},
		{"a stranger's request", build{events: stranger(nil)}, Inconclusive, "accounts agree", "408 in HAProxy's counter, 408 in its log; something else sent requests"},
		{"a command's request", build{events: stranger(&asked)}, Pass, "accounts agree", "408 in its log, 1 of them sent by something else since a command of yours began"},
		{"a command's request, and one more", build{events: func(all []history.Event) []history.Event {
			return counted(func(c *history.Counters) { c.ReqTot++ })(stranger(&asked)(all))
		}}, Inconclusive, "accounts agree", "something else sent requests"},
		{"a command's request, and a line is lost", build{request: unlog, events: stranger(&asked)}, Inconclusive, "accounts agree", "1 log line was lost"},
		{"tcp, a command's connection", build{mode: "tcp", events: stranger(&asked)}, Inconclusive, "accounts agree", "something else"},
		{"tcp counts connections", build{mode: "tcp"}, Pass, "accounts agree", "210 connections answered, 210 in HAProxy's counter, 210 in its log"},
		{"tcp, a session too many", build{mode: "tcp", events: counted(func(c *history.Counters) { c.Stot++ })}, Inconclusive, "accounts agree", "something else"},
		{"tcp, a line is lost", build{mode: "tcp", events: atEnd(func(e *history.End) { e.LostLogLines = 1 })}, Inconclusive, "accounts agree", "1 log line was lost"},
		{"tcp, a connection without an answer", build{mode: "tcp", expect: "lost: 1", request: timeout}, Pass, "accounts agree", "209 connections answered and 1 not, 210"},
	})
}

func TestMasked(t *testing.T) {
	retried := only("new-50", func(r *request) { r.Log.Retries, r.Log.Tc = 1, 1000; r.Done += 1000 * ms })
	moved := only("new-50", func(r *request) { r.Log.Redispatched = true })
	again := func(id string) func(*request) { return only(id, func(r *request) { r.Log.Retries = 1 }) }
	counting := func(at history.Micros, sessions, retries int64) *history.ServerState {
		s := seen(at, "other", "UP")
		s.Stot, s.Wretr = sessions, retries
		return s
	}
	runCases(t, []verdictCase{
		{"nothing", build{}, Pass, "nothing masked", "no request was answered only after a retry"},
		{"a retry", build{request: retried}, Fail, "nothing masked", "1 request was answered only after HAProxy tried again (1 of them a second late)"},
		{"a redispatch", build{request: moved}, Fail, "nothing masked", "1 request was answered only after HAProxy tried again (0 of them a second late)"},
		{"within the budget", build{expect: "masked: 1", request: retried}, Pass, "nothing masked", "1 request"},
		{"a retry of a request that was lost all the same", build{expect: "lost: 1", request: only("new-50", func(r *request) { r.Log.Retries = 3; r.Status, r.Outcome = 503, history.Proxy5xx })}, Pass, "nothing masked", "no request"},
		{"counted but not logged", build{events: addEvent(counts(func(s *history.ServerState) { s.Wretr, s.Wredis = 2, 1 }))}, Inconclusive, "nothing masked", "HAProxy counts 2 retries and 1 redispatch; the log explains 0 retries and 0 redispatches"},
		{"redispatches alone", build{events: addEvent(counts(func(s *history.ServerState) { s.Wredis = 7 }))}, Inconclusive, "nothing masked", "HAProxy counts 0 retries and 7 redispatches; the log explains 0 retries and 0 redispatches: somebody"},
		{"one redispatch too many", build{expect: "masked: 1", request: moved, events: addEvent(counts(func(s *history.ServerState) { s.Wredis = 2 }))}, Inconclusive, "nothing masked", "the log explains 0 retries and 1 redispatch"},
		{"each retry may be a redispatch", build{expect: "masked: 1", request: only("new-50", func(r *request) { r.Log.Redispatched, r.Log.Retries = true, 3 }), events: addEvent(counts(func(s *history.ServerState) { s.Wredis = 3 }))}, Pass, "nothing masked", "HAProxy counts 0 retries and 3 redispatches"},
		{"a 5xx of a server that no client saw", build{events: addEvent(counts(func(s *history.ServerState) { s.Hrsp5xx = 9 }))}, Inconclusive, "nothing masked", "HAProxy counts 9 answers 5xx of the servers, and clients saw 0"},
		{"a 5xx of a server that one saw", build{expect: "lost: 1", request: only("new-50", func(r *request) { r.Outcome, r.Status, r.Log.Status = history.Server5xx, 500, 500 }),
			events: addEvent(counts(func(s *history.ServerState) { s.Hrsp5xx = 1 }))}, Pass, "nothing masked", "no request"},
		{"the counters of two HAProxys", build{expect: "masked: 2", request: both(again("new-10"), again("new-11")), events: withStates(counting(1300*ms, 50, 2), counting(1700*ms, 0, 0), counting(1900*ms, 30, 2))},
			Inconclusive, "nothing masked", "HAProxy counts 4 retries and 0 redispatches; the log explains 2 retries"},
		{"the counters of two HAProxys, of which the second has counted more", build{expect: "masked: 1", request: again("new-10"), events: withStates(counting(1300*ms, 50, 1), counting(1900*ms, 30, 2))},
			Inconclusive, "nothing masked", "HAProxy counts 3 retries and 0 redispatches; the log explains 1 retry"},
		{"the counters of one HAProxy", build{expect: "masked: 2", request: both(again("new-10"), again("new-11")), events: withStates(counting(1300*ms, 50, 1), counting(1900*ms, 80, 2))},
			Pass, "nothing masked", "HAProxy counts 2 retries and 0 redispatches"},
		{"a session in mode tcp", build{mode: "tcp", events: retriedSession}, Fail, "nothing masked", "1 connection was made only after HAProxy tried again"},
		{"a connection that was never made", build{events: addEvent(session(func(l *haproxy.LogLine) {
			l.State, l.Status, l.Bytes, l.Retries, l.Tc = "SC", 503, 217, 3, -1
		}))}, Inconclusive, "accounts agree", "408 in its log"},
		{"a 503 that the scenario allows, after retries in vain", build{expect: "status: [200, 503]\n  terminations: [SC]", request: only("new-50", func(r *request) {
			r.Status, r.Server, r.Header = 503, "", ""
			r.Log.State, r.Log.Status, r.Log.Server, r.Log.Retries, r.Log.Tc = "SC", 503, "bk/<NOSRV>", 3, -1
		})}, Pass, "nothing masked", "no request was answered only after a retry"},
	})
}

// counts are the counters of a server at the end.
func counts(change func(s *history.ServerState)) *history.ServerState {
	s := &history.ServerState{At: allOver, Server: haproxy.ServerRef{Backend: "bk", Server: "old"}, Status: "MAINT"}
	change(s)
	return s
}

// Of a run that was cut nobody says what HAProxy had counted and not logged.
func TestMaskedOfACutRun(t *testing.T) {
	v := build{events: func(all []history.Event) []history.Event {
		all = addEvent(counts(func(s *history.ServerState) { s.Wretr, s.Wredis, s.Hrsp5xx = 2, 1, 1 }))(all)
		return all[:len(all)-1]
	}}.check(t)
	if f := v.find("nothing masked", Pass); len(f) != 1 {
		t.Error(listed(v.Findings))
	}
}

func retriedSession(all []history.Event) []history.Event {
	for _, e := range all {
		if l, ok := e.(*history.LogLine); ok {
			l.Retries = 1
			break
		}
	}
	return all
}

func TestTerminations(t *testing.T) {
	ended := func(s state) func(*request) { return only("new-150", func(r *request) { r.Log.State = s }) }
	runCases(t, []verdictCase{
		{"clean", build{}, Pass, "clean ends", "407 requests ended with termination state --"},
		{"a download that was cut", build{request: ended("SD")}, Fail, "clean ends", "1 request on new ended with termination state SD: the server died"},
		{"four characters", build{request: ended("--VN")}, Pass, "clean ends", ""},
		{"allowed", build{expect: "terminations: [CD]", request: ended("CD")}, Pass, "clean ends", ""},
		{"another one is allowed", build{expect: "terminations: [CD]", request: ended("SD")}, Fail, "clean ends", "SD"},
		{"a lost request has its own rule", build{expect: "lost: 1", request: only("new-150", func(r *request) {
			r.Log.State, r.Status, r.Outcome = "SC", 503, history.Proxy5xx
		})}, Pass, "clean ends", "406 requests"},
		{"no line at all", build{request: func(r *request) { r.Log = nil }}, Inconclusive, "accounts agree", "407 log lines were lost"},
		{"mode tcp", build{mode: "tcp"}, Pass, "clean ends", "210 sessions ended with termination state --"},
		{"mode tcp, the server died", build{mode: "tcp", events: func(all []history.Event) []history.Event {
			for _, e := range all {
				if l, ok := e.(*history.LogLine); ok {
					l.State = "SD"
				}
			}
			return all
		}}, Fail, "clean ends", "210 sessions ended with termination state SD"},
	})
	v := build{request: ended("SD")}.check(t)
	if f := v.find("clean ends", Fail); len(f) != 1 || f[0].Step != 1 || f[0].Lane != "new" {
		t.Errorf("%+v", f)
	}
}

func TestOrigin(t *testing.T) {
	for _, c := range []struct {
		want   string
		change func(*request)
	}{
		{"1 proxy (not reached)", func(r *request) { lose(r, history.Refused) }},
		{"1 proxy (no server took the connection", func(r *request) { r.Outcome, r.Status, r.Log.State = history.Proxy5xx, 503, "SC" }},
		{"1 proxy (the server closed the connection before", func(r *request) { r.Outcome, r.Status, r.Log.State = history.Proxy5xx, 502, "SH" }},
		{"1 proxy (the server did not answer within", func(r *request) { r.Outcome, r.Status, r.Log.State = history.Proxy5xx, 504, "sH" }},
		{"1 proxy (the request waited in a queue", func(r *request) { r.Outcome, r.Status, r.Log.State = history.Proxy5xx, 503, "sQ" }},
		{"1 server (the server died during the transfer", func(r *request) { r.Outcome, r.Log.State = history.Truncated, "SD" }},
		{"1 server (the server sent or read nothing", func(r *request) { r.Outcome, r.Log.State = history.Truncated, "sD" }},
		{"1 server", func(r *request) { r.Outcome, r.Status = history.Server5xx, 500 }},
		{"1 server", func(r *request) { r.Outcome, r.Status, r.Log = history.Server5xx, 500, nil }},
		{"1 client", func(r *request) { r.Outcome, r.Log.State = history.Timeout, "CD" }},
		{"1 proxy (an administrator killed", func(r *request) { r.Outcome, r.Log.State = history.Truncated, "KD" }},
		{"1 unknown (no log line)", func(r *request) { r.Outcome, r.Log = history.Timeout, nil }},
		{"1 unknown (HAProxy logged a normal end)", func(r *request) { r.Outcome = history.Truncated }},
		{"1 unknown (HAProxy logged a normal end)", func(r *request) { r.Outcome, r.Log.State = history.Truncated, "" }},
	} {
		v := build{request: only("new-50", c.change)}.check(t)
		f := v.find("origin", Pass)
		if want := "the losses came from: " + c.want; len(f) != 1 || len(f[0].Text) < len(want) || f[0].Text[:len(want)] != want {
			t.Errorf("want %q: %+v", c.want, f)
		}
	}
}
