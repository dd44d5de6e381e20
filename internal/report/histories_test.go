package report

import (
	"fmt"
	"io"

	"halab/internal/haproxy"
	"halab/internal/history"
	"halab/internal/verify"
)

// list is a history in memory.
type list struct{ events []history.Event }

func (l *list) Next() (history.Event, error) {
	if len(l.events) == 0 {
		return nil, io.EOF
	}
	e := l.events[0]
	l.events = l.events[1:]
	return e, nil
}

// runOf is a history that a verdict could be of: its scheduled lanes with the
// requests that it says were lost.
func runOf(v *verify.Verdict) []history.Event {
	out := []history.Event{&history.Header{Version: history.Version, Halab: "0.1", Scenario: "apiVersion: halab/v1\n"}}
	for _, name := range []string{"nginx1", "nginx2"} {
		out = append(out, &history.ServerState{At: 1000, Server: haproxy.ServerRef{Backend: "bk_app", Server: name}, Status: "UP", Weight: 1})
	}
	out = append(out, &history.ServerState{At: ms(5002), Server: haproxy.ServerRef{Backend: "bk_app", Server: "nginx2"}, Status: "MAINT", Weight: 1})
	for i := range v.Lost {
		r := v.Lost[i].Request
		out = append(out, &r)
	}
	for i := range v.Lanes {
		l := &v.Lanes[i]
		n := min(l.OK, 501)
		for k := range n {
			out = append(out, answer(l.Name, k, v.Length*history.Micros(k)/history.Micros(n)))
		}
		for k := range l.Unsent {
			out = append(out, &history.Request{ID: fmt.Sprint(l.Name, "-u", k), Lane: l.Name, Intended: ms(7000 + float64(k)), Outcome: history.Unsent})
		}
	}
	for _, p := range v.Polls {
		if p.Header == nasty {
			out = append(out, &history.Request{ID: "x", Lane: "poll", Sent: p.At, Done: p.At + 900, Status: 200, Header: nasty, Server: nasty, Outcome: history.OK}, &history.Note{Text: nasty}, &history.End{Error: nasty})
		}
	}
	return out
}

func answer(lane string, k int64, at history.Micros) *history.Request {
	r := &history.Request{
		ID: fmt.Sprint(lane, "-ok-", k), Lane: lane, Conn: k + 1, Intended: at, Sent: at + 50, First: at + 700, Done: at + 700 + history.Micros(k*37%900),
		Status: 200, Header: "nginx/1.18.0", Server: "bk_app/nginx2", Outcome: history.OK,
	}
	if at > ms(5003) {
		r.Header, r.Server = "nginx/1.19.8", "bk_app/nginx1"
	}
	if k == 400 {
		r.Log = &history.Seen{State: "--", Server: r.Server, Retries: 1, Redispatched: true}
	}
	return r
}

// generated is a history that is made as it is read.
type generated struct {
	n, all int64
	make   func(int64) *history.Request
}

func (g *generated) Next() (history.Event, error) {
	if g.n == g.all {
		return nil, io.EOF
	}
	g.n++
	return g.make(g.n - 1), nil
}

// million is a run of a million requests of which two thousand were lost,
// twice as many as a verdict lists.
func million() (*verify.Verdict, verify.Source) {
	const all, from, until = 1_000_000, 500_000, 502_000
	v := passed()
	v.Result, v.AsWanted, v.LostAll, v.Length = verify.Fail, false, until-from, ms(all)
	v.Lanes = []verify.Lane{{Name: "new", Interval: 1000, Sent: all, OK: all - v.LostAll, Lost: v.LostAll, Largest: 2000}}
	request := func(k int64) *history.Request {
		r := answer("new", k, history.Micros(k)*1000)
		if k >= from && k < until {
			r.Outcome, r.Status, r.Header, r.Server = history.Proxy5xx, 503, "", ""
			r.ID = fmt.Sprint("new-", k)
		}
		return r
	}
	for k := int64(from); k < from+verify.MaxLost; k++ {
		v.Lost = append(v.Lost, verify.Lost{Request: *request(k), Step: 2, Text: "maint: bk_app/nginx2"})
	}
	return v, &generated{all: all, make: request}
}
