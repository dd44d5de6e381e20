package verify

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"halab/internal/haproxy"
	"halab/internal/history"
	"halab/internal/scenario"
	"halab/internal/upgrade"
)

// text is a scenario in which bk/old goes into maintenance and bk/new takes
// over. MODE is http or tcp, STEPS and EXPECT are lines of those sections.
const text = `apiVersion: halab/v1
name: built
haproxy: {version: "2.6", defaults: {mode: MODE}}
backends:
  - name: bk
    servers:
      - {name: new, address: 127.0.0.1:81, nginx: 1.22.1, check: true, backup: true}
      - {name: old, address: 127.0.0.1:82, nginx: 1.18.0, check: true}
      - {name: other, address: 127.0.0.1:83, nginx: 1.26.3, check: true, backup: true}
frontends:
  - {name: app, bind: ":80", default_backend: bk}
traffic:
  timeout: 2s
  before: 1s
  after: 1s
  poll: {interval: 500ms}
  new: {rate: 100}
  kept: {rate: 100, connections: 4}
steps:
STEPS
expect:
EXPECT
`

const (
	maintSteps = "  - maint: bk/old\n  - expect: {header: nginx/1.22.1}"
	// The way back begins half a second before the end.
	rollbackSteps = "  - maint: bk/old\n  - ready: bk/old"
	switchExpect  = "  switch: {from: bk/old, to: bk/new}"
	backExpect    = "  switch: {from: bk/old, to: bk/new, back: true}"
)

// The moments of a built run: its only command, the moment from which the new
// server answers, and the end of the traffic.
const (
	ms      = history.Micros(1000)
	command = 1000 * ms
	moved   = 1001 * ms
	stepEnd = 1010 * ms
	allOver = 2010 * ms
)

// build is a run that passes, with what a test changes in it.
type build struct {
	mode   string // http unless set
	steps  string // maintSteps unless set
	expect string // lines beside the switch; "-" leaves the switch out too
	// request changes each request before it is recorded; it is called in the
	// order of the intended send times.
	request func(r *history.Request)
	// events changes the history at the end.
	events func(all []history.Event) []history.Event
}

func (b build) scenario() string {
	expect := switchExpect
	switch {
	case b.expect == "-":
		expect = "  lost: 0"
	case strings.HasPrefix(b.expect, "!"):
		expect = b.expect[1:]
	case b.expect != "":
		expect += "\n  " + b.expect
	}
	after := "after: 1s"
	if b.steps == rollbackSteps {
		after = "after: 500ms"
	}
	return strings.NewReplacer("after: 1s", after, "MODE", cmp.Or(b.mode, "http"), "STEPS", cmp.Or(b.steps, maintSteps), "EXPECT", expect).Replace(text)
}

// history makes the events in the order in which they would be written.
func (b build) history() []history.Event {
	all := append(b.requests(), stepEvents()...)
	for _, s := range []struct {
		server, status string
		at             history.Micros
	}{{"new", "UP", 1}, {"old", "UP", 1}, {"other", "UP", 1}, {"old", "MAINT", 1050 * ms}, {"new", "UP", 1200 * ms}, {"other", "UP", 1200 * ms}} {
		all = append(all, &history.ServerState{At: s.at, Server: haproxy.ServerRef{Backend: "bk", Server: s.server}, Status: s.status, Weight: 1, Backup: s.server != "old"})
	}
	var haproxyCount history.Counters
	for _, e := range all {
		if q, ok := e.(*history.Request); ok && q.Conn > 0 && q.Sent > 0 {
			haproxyCount.ReqTot++
			if q.Reuse == 0 {
				haproxyCount.Stot++
			}
		}
	}
	if b.mode == "tcp" {
		all = append(all, sessions(haproxyCount.Stot)...)
	}
	slices.SortStableFunc(all, func(x, y history.Event) int { return cmp.Compare(writtenAt(x), writtenAt(y)) })
	haproxyCount.At, haproxyCount.Proxy, haproxyCount.Final = allOver, "app", true
	all = append([]history.Event{b.header()}, append(all, &haproxyCount, &history.End{At: allOver})...)
	if b.events != nil {
		all = b.events(all)
	}
	return all
}

func writtenAt(e history.Event) history.Micros { _, end := span(e); return end }

func (b build) header() *history.Header {
	return &history.Header{
		Version: history.Version, Started: time.Unix(1000, 0), File: "built.yaml", Scenario: b.scenario(), Runtime: "process",
		Software: []history.Software{
			{Role: "haproxy", Name: "haproxy", Asked: "2.6", Got: "2.6.12"},
			{Role: "bk/new", Name: "nginx", Asked: "1.22.1", Got: "1.22.1"},
			{Role: "bk/old", Name: "nginx", Asked: "1.18.0", Got: "1.18.0"},
			{Role: "bk/other", Name: "nginx", Asked: "1.26.3", Got: "1.26.3"},
		},
		Lanes: []history.Lane{{Name: "poll", Interval: 500 * ms}, {Name: "new", Interval: 10 * ms}, {Name: "kept", Interval: 10 * ms}},
	}
}

// requests are those of the three lanes, each sent when it was due and
// answered a millisecond later.
func (b build) requests() []history.Event {
	var out []history.Event
	conns := int64(100)
	for _, l := range b.header().Lanes {
		for n, due := 1, 1*ms; due < allOver; n, due = n+1, due+l.Interval {
			r := &history.Request{ID: fmt.Sprintf("%s-%d", l.Name, n), Lane: l.Name, Intended: due, Sent: due, First: due + ms, Done: due + ms,
				Status: 200, Want: 4, Got: 4, Outcome: history.OK}
			if l.Name == "kept" {
				r.Conn, r.Reuse = int64(1+n%4), (n-1)/4
			} else {
				conns++
				r.Conn = conns
			}
			if due < moved {
				answerOf(r, "old")
			} else {
				answerOf(r, "new")
			}
			if b.request != nil {
				b.request(r)
			}
			if b.mode == "tcp" {
				r.Server, r.Log = "", nil
			}
			out = append(out, r)
		}
	}
	return out
}

// answerOf makes r an answer of that server.
func answerOf(r *history.Request, server string) {
	version := map[string]string{"new": "1.22.1", "old": "1.18.0", "other": "1.26.3"}[server]
	r.Server, r.Header = "bk/"+server, "nginx/"+version
	r.Log = &history.Seen{State: "--", Server: r.Server, Status: r.Status, Bytes: 200}
}

// lose makes r a request that got no answer, and that HAProxy never saw
// unless it has a log line.
func lose(r *history.Request, o history.Outcome) {
	r.Outcome, r.Status, r.Header, r.Server, r.Log, r.First, r.Got, r.Error = o, 0, "", "", nil, 0, 0, "lost"
	r.Conn, r.Sent = 0, 0
}

func stepEvents() []history.Event {
	maint := history.Step{Index: 1, Kind: "maint", Text: "maint: bk/old", Line: 20}
	look := history.Step{Index: 2, Kind: "expect", Text: "expect: {header: nginx/1.22.1}", Line: 21}
	at := func(s history.Step, at history.Micros, p history.Phase) *history.Step {
		s.At, s.Phase = at, p
		if p == history.Command {
			s.Command, s.Server = "set server bk/old state maint", "bk/old"
		}
		return &s
	}
	return []history.Event{
		at(maint, command, history.Begin), at(maint, command, history.Command), at(maint, moved, history.Ended),
		at(look, moved, history.Begin), at(look, stepEnd, history.Ended),
	}
}

func sessions(n int64) []history.Event {
	var out []history.Event
	for range n {
		out = append(out, &history.LogLine{At: allOver, LogLine: haproxy.LogLine{Frontend: "app", Backend: "bk", Server: "old", State: "--", Bytes: 1}})
	}
	return out
}

// source hands out events, then err.
type source struct {
	events []history.Event
	err    error
}

func (s *source) Next() (history.Event, error) {
	if len(s.events) == 0 {
		return nil, cmp.Or(s.err, io.EOF)
	}
	e := s.events[0]
	s.events = s.events[1:]
	return e, nil
}

func parse(file, text string) (*scenario.Scenario, error) {
	return scenario.Parse(file, []byte(text), upgrade.Kinds())
}

func (b build) check(t *testing.T) *Verdict {
	t.Helper()
	return check(t, &source{events: b.history()})
}

func mustParse(t *testing.T, b build) *scenario.Scenario {
	t.Helper()
	s, err := parse("built.yaml", b.scenario())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func check(t *testing.T, src Source) *Verdict {
	t.Helper()
	v, err := Check(src, parse)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range v.Findings {
		if f.Busy != (f.Measured != "") {
			t.Errorf("%s: busy %t, measured by %q", f.Text, f.Busy, f.Measured)
		}
	}
	return v
}

// find returns the findings of an invariant that have this result.
func (v *Verdict) find(invariant string, result Result) []Finding {
	var out []Finding
	for _, f := range v.Findings {
		if f.Invariant == invariant && f.Result == result {
			out = append(out, f)
		}
	}
	return out
}

// verdictCase is one run and what has to be said of it.
type verdictCase struct {
	name string
	build
	want      Result
	invariant string // has a finding of that result
	text      string // that the finding contains
}

func (c verdictCase) run(t *testing.T) { c.check(t).wants(t, c.want, c.invariant, c.text) }

// wants checks the verdict, and that a finding of an invariant gives it and
// contains this text.
func (v *Verdict) wants(t *testing.T, want Result, invariant, text string) {
	t.Helper()
	if v.Result != want {
		t.Errorf("verdict %s, want %s: %q", v.Result, want, v.Reasons)
	}
	for _, f := range v.find(invariant, want) {
		if strings.Contains(f.Text, text) {
			return
		}
	}
	t.Errorf("no finding %q is %s and says %q:\n%s", invariant, want, text, listed(v.Findings))
}

func listed(findings []Finding) string {
	var out strings.Builder
	for _, f := range findings {
		fmt.Fprintf(&out, "%-12s %-22s %-5s %d × %s\n", f.Result, f.Invariant, f.Lane, f.Count, f.Text)
	}
	return out.String()
}

func runCases(t *testing.T, cases []verdictCase) {
	t.Helper()
	for _, c := range cases {
		t.Run(strings.ReplaceAll(c.name, " ", "_"), c.run)
	}
}
