package verify

import (
	"strings"
	"testing"

	"halab/internal/history"
)

// then is a command of the first step's to a server, at some time.
func then(at history.Micros, kind, server string) history.Event {
	return &history.Step{At: at, Index: 1, Kind: kind, Text: kind + ": " + server, Phase: history.Command, Server: server, Command: kind}
}

// placement is a run with transfers, and what is said of where they were.
type placement struct {
	name   string
	class  string
	change func(r *request) // of each transfer
	kind   string           // of the only command, which is for bk/old; maint unless set
	stays  bool             // bk/old serves on
	more   []history.Event
	want   string // a doubt; "": none
}

func (p placement) check(t *testing.T) {
	b := build{expect: "-", events: func(all []history.Event) []history.Event {
		for _, e := range all {
			if s, ok := e.(*history.Step); ok && s.Phase == history.Command && p.kind != "" {
				s.Kind = p.kind
			}
		}
		return with(p.more...)(withTransfers(p.class, p.change)(all))
	}}
	if p.stays {
		b.request = func(r *request) { answerOf(r, "old") }
	}
	v := b.check(t)
	doubts := v.find(PlacedName, Inconclusive)
	switch {
	case p.want == "" && len(doubts) > 0:
		t.Error(doubts[0].Text)
	case p.want != "" && (len(doubts) != 1 || !strings.Contains(doubts[0].Text, p.want)):
		t.Errorf("no doubt %q:\n%s", p.want, listed(v.Findings))
	}
}

// A step that takes a server out shows what that does to a transfer only where
// one is on that server.
func TestTransfersOnTheServer(t *testing.T) {
	elsewhere := func(r *request) { answerOf(r, "new"); r.Log.Bytes = 1200 }
	until := func(last history.Micros) func(r *request) {
		return func(r *request) {
			if r.Intended > last {
				elsewhere(r)
			}
		}
	}
	unknown := func(r *request) { r.Server, r.Header, r.Log, r.Outcome = "", "", nil, history.Timeout }
	const none = "no download was on bk/old when step 1 put it into maintenance"
	for _, p := range []placement{
		{name: "one was", class: "download"},
		{name: "none was", class: "download", change: elsewhere, want: none},
		{name: "the last had ended before", class: "download", change: until(400 * ms), want: none},
		{name: "no upload", class: "upload", change: elsewhere, want: "no upload was on bk/old"},
		{name: "on a server that is not known", class: "download", change: unknown},
		{name: "by the name that HAProxy has for it", class: "download", change: func(r *request) { r.Server = "bk/other" }},
		{name: "stopped", class: "download", kind: "stop", change: elsewhere, want: "when step 1 ended its nginx"},
		{name: "drained with one, stopped without", class: "download", kind: "drain", more: []history.Event{then(1900*ms, "stop", "bk/old")}},
		{name: "drained without, stopped without", class: "download", kind: "drain", change: elsewhere, more: []history.Event{then(1900*ms, "stop", "bk/old")}, want: "when step 1 drained it"},
		{name: "back in service between", class: "download", stays: true, change: until(1100 * ms),
			more: []history.Event{then(1010*ms, "ready", "bk/old"), then(1900*ms, "stop", "bk/old")}, want: "when step 1 ended its nginx"},
		{name: "it had not served", class: "download", stays: true, more: []history.Event{then(1500*ms, "maint", "bk/other")}},
		{name: "it had not served for long", class: "download", change: until(0), more: []history.Event{then(1010*ms, "ready", "bk/old"), then(2005*ms, "stop", "bk/old")}, want: none},
		{name: "reloaded", class: "download", kind: "reload", stays: true, change: elsewhere, want: "when step 1 reloaded it"},
		{name: "brought in", class: "download", kind: "ready", stays: true, change: elsewhere},
		{name: "given a weight", class: "download", kind: "weight", stays: true, change: elsewhere},
	} {
		t.Run(strings.ReplaceAll(p.name, " ", "_"), p.check)
	}
}

// What a command of the user's takes out is seen.
func TestTransfersUnderACommand(t *testing.T) {
	for _, c := range []struct {
		name string
		more history.Event
		want string
	}{
		{"drained", seen(1305*ms, "new", "DRAIN"), "no download was on bk/new when step 3 took it out"},
		{"killed", program(1305*ms, "bk/new", 0), "no download was on bk/new when step 3 ended its nginx"},
		{"long after it", seen(1990*ms, "other", "DOWN"), ""},
	} {
		ran := ran(nil, "", program(0, "bk/new", 7), c.more)
		add := ran.events
		ran.expect, ran.events = "-", func(all []history.Event) []history.Event {
			return add(withTransfers("download", func(r *request) { answerOf(r, "old"); r.Log.Bytes = 1200 })(all))
		}
		v := ran.check(t)
		if doubts := v.find(PlacedName, Inconclusive); (len(doubts) > 0) != (c.want != "") || c.want != "" && !strings.Contains(doubts[0].Text, c.want) {
			t.Errorf("%s: no doubt %q:\n%s", c.name, c.want, listed(v.Findings))
		}
	}
}

// A stream counts where it was, though it is told of only when it has ended.
func TestStreamsOnTheServer(t *testing.T) {
	for server, want := range map[string]int{"old": 0, "new": 1} {
		add := withStreams(heldBy("1", server, 2*ms, allOver))
		v := build{expect: "-", events: func(all []history.Event) []history.Event {
			h := *all[0].(*history.Header)
			h.Scenario = strings.Replace(h.Scenario, "  new: {rate: 100}", "  new: {rate: 100}\n  stream: {connections: 1, every: 200ms}", 1)
			all[0] = &h
			return add(all)
		}}.check(t)
		if doubts := v.find(PlacedName, Inconclusive); len(doubts) != want {
			t.Errorf("a stream on %s:\n%s", server, listed(v.Findings))
		}
	}
}

// What broke is told with the last step that dealt with its server, or with the
// last at all, as HAProxy's log dates it: the client may read on for long.
func TestBrokenByTheStepBefore(t *testing.T) {
	cutAt := func(server string, done, haproxy history.Micros) func(r *request) {
		return only("new-99", func(r *request) {
			answerOf(r, server)
			r.Outcome, r.Got, r.Want, r.Error, r.Done = history.Truncated, 100, 4000, "unexpected EOF", done
			r.Log.State, r.Log.Arrived, r.Log.Ta = "SD", r.Sent, int64((haproxy-r.Sent)/1000)
		})
	}
	second := &history.Step{At: 1500 * ms, Index: 2, Kind: "maint", Text: "maint: bk/new", Phase: history.Command, Server: "bk/new", Command: "x"}
	for _, c := range []struct {
		name    string
		request func(r *request)
		want    string
	}{
		{"by HAProxy's log", cutAt("new", 1800*ms, 1200*ms), "1 of 1 request under way when step 1 acted"},
		{"by its server", cutAt("old", 1800*ms, 1799*ms), "1 of 1 request under way when step 1 acted"},
		{"by the later one", cutAt("new", 1800*ms, 1799*ms), "1 of 1 request under way when step 2 acted"},
	} {
		v := build{expect: "-", request: c.request, events: with(second)}.check(t)
		if bad := v.find("in flight", Fail); len(bad) != 1 || !strings.Contains(bad[0].Text, c.want) {
			t.Errorf("%s: want %q:\n%s", c.name, c.want, listed(v.Findings))
		}
	}
}
