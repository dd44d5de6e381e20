package verify

import (
	"cmp"
	"slices"
	"strings"
	"testing"

	"halab/internal/history"
)

// swapped has HAProxy call the new server bk/other, as after `set server addr`.
func swapped(r *request) {
	if r.Server == "bk/new" && r.Sent > moved {
		r.Log.Server = "bk/other"
	}
}

// newVersion has the new server answer as another version.
func newVersion(header string) func(*request) {
	return func(r *request) {
		if r.Server == "bk/new" && r.Sent > moved {
			r.Header = header
		}
	}
}

// byHand is a run of ran whose requests are changed. The address of another
// server is what the command changed.
func byHand(touches []string, request func(*request), more ...history.Event) build {
	b := ran(touches, "", append(more, moveTo(200*ms, "other", "127.0.0.1:83"), moveTo(1305*ms, "other", "127.0.0.1:81"))...)
	b.request = request
	return b
}

// crossing makes one request of another version on the new server one that was sent a
// moment before the command and answered after it.
func crossing(r *request) {
	if r.Sent == 991*ms {
		answerOf(r, "new")
		r.Header, r.First, r.Done = "nginx/1.26.3", 1100*ms, 1100*ms
	}
}

// Who answered is who names himself, and may have another name in HAProxy once
// a command of the user's has been at work.
func TestWhoAnswered(t *testing.T) {
	third, old := []string{"bk/other"}, []string{"bk/old"}
	unnamed := func(r *request) {
		if r.Server == "bk/new" {
			r.Server = ""
		}
	}
	runCases(t, []verdictCase{
		{"by another name in HAProxy", byHand(nil, swapped), Pass, "switch", "bk/old to bk/new"},
		{"by the name of what it touches", byHand(third, swapped), Pass, "switch", "bk/old to bk/new"},
		{"by another name, and it touches neither", byHand(old, swapped), Fail, "procedure", "step 3 went beyond its touches: bk/other went from 127.0.0.1:83 to 127.0.0.1:81"},
		{"by another name without a command", build{request: swapped}, Inconclusive, "decided", "answered otherwise than HAProxy's log says"},
		{"by no name, as a program of the user's own", byHand(nil, unnamed), Pass, "switch", "bk/old to bk/new"},
		{"by two names", byHand(nil, only("new-150", func(r *request) { r.Server = "bk/new, bk/old" })), Fail, "no failure", "bk/new, bk/old is no server of this lab"},
		{"no header at all, and a server gave the answer", build{expect: "status: [200, 404]", request: only("new-150", func(r *request) {
			r.Status, r.Log.Status, r.Server, r.Header = 404, 404, "", ""
		})}, Fail, "no failure", "no Server header"},
		{"HAProxy's own answer, which is allowed", build{expect: "status: [200, 403]\n  terminations: [PR]", request: only("new-150", func(r *request) {
			r.Status, r.Log.Status, r.Server, r.Header, r.Log.State = 403, 403, "", "", "PR"
		})}, Pass, "no failure", "0 of"},
	})
}

// A version of the lab on another server than its own is a command's doing, if
// that may touch the server.
func TestVersionByHand(t *testing.T) {
	third := newVersion("nginx/1.26.3")
	runCases(t, []verdictCase{
		{"another version of the lab", byHand(nil, third), Pass, "no failure", "0 of"},
		{"as it may touch", byHand([]string{"bk/new", "bk/other"}, third), Pass, "no failure", "0 of"},
		{"as it may touch by HAProxy's name", byHand([]string{"bk/other"}, both(swapped, third)), Pass, "no failure", "0 of"},
		{"it may touch all", byHand([]string{"haproxy", "bk/other"}, third), Inconclusive, "procedure", "was to touch haproxy"},
		{"it may not touch that one", byHand([]string{"bk/other"}, third), Fail, "no failure", `Server: "nginx/1.26.3" from bk/new, which runs nginx/1.22.1`},
		{"no command", build{request: third}, Fail, "no failure", `Server: "nginx/1.26.3" from bk/new`},
		{"before the command", byHand(nil, only("new-50", func(r *request) { r.Header = "nginx/1.26.3" })), Fail, "no failure", `Server: "nginx/1.26.3" from bk/old`},
		{"sent before the command and answered after it", byHand(nil, crossing), Pass, "no failure", "0 of"},
		{"a version of no lab", byHand(nil, newVersion("nginx/1.99.0")), Fail, "no failure", "is no version of this lab"},
		{"a program that is no nginx", byHand(nil, newVersion("SimpleHTTP/0.6 Python/3.11")), Fail, "no failure", "is no version of this lab"},
		{"the scenario wants another version in the end", func() build {
			b := byHand(nil, third)
			b.expect = "version: 1.22.1"
			return b
		}(), Fail, finalVersionName, "nginx/1.26.3 of bk/new"},
	})
	v := byHand(nil, third).check(t)
	if got := strings.Join(v.Remarks, "\n"); strings.Count(got, "bk/new answered as nginx/1.26.3") != 1 {
		t.Error(got)
	}
}

// What a step put on a server a command of the user's may replace.
func TestReplacedByHand(t *testing.T) {
	back := showing("nginx/1.30.1", moved)
	again := func(after history.Micros) func(*request) {
		return func(r *request) {
			if back(r); r.Sent >= after {
				r.Header = "nginx/1.18.0"
			}
		}
	}
	by := func(request func(*request)) build {
		b := ran(nil, "", moveTo(200*ms, "other", "127.0.0.1:83"), moveTo(1605*ms, "other", "127.0.0.1:81"))
		replace, run := replacing("bk/old"), b.events
		b.expect, b.request, b.steps = "-", request, rollbackSteps
		b.events = func(all []history.Event) []history.Event {
			all = replace(run(all))
			for _, e := range all { // long after the first step
				if s, ok := e.(*history.Step); ok && s.Index == 3 {
					s.At += 500 * ms
				}
			}
			slices.SortStableFunc(all[1:], func(x, y history.Event) int { return cmp.Compare(writtenAt(x), writtenAt(y)) })
			return all
		}
		return b
	}
	runCases(t, []verdictCase{
		{"back by a command", by(again(1510 * ms)), Pass, "replaced", "bk/old answered as nginx/1.30.1"},
		{"back before it", by(again(1400 * ms)), Fail, "replaced", "came from bk/old as nginx/1.18.0"},
	})
}

// Of a server that is added nothing was to be seen before.
func TestAddedLate(t *testing.T) {
	b := ran(nil, "", weighed(1305*ms, "other", 2), moveTo(2005*ms, "more", "127.0.0.1:81"))
	b.check(t).wants(t, Pass, "health", "")
}

// HAProxy's server and the nginx that it sends to are two things once a command
// has given it another address.
func TestEndedBehindAnotherName(t *testing.T) {
	home := func(server, address string) *history.ServerState { return moveTo(100*ms, server, address) }
	ended := []history.Event{home("new", "127.0.0.1:81"), home("other", "127.0.0.1:83"), program(0, "bk/new", 7), program(1800*ms, "bk/new", 0)}
	away := append([]history.Event{moveTo(1300*ms, "new", "127.0.0.2:81")}, ended...)
	added := append([]history.Event{seen(1250*ms, "new", "MAINT"), moveTo(1300*ms, "more", "127.0.0.1:81")}, ended...)
	runCases(t, []verdictCase{
		{"in service", ran(nil, "", ended...), Fail, DrainedName, "bk/new was in service when its nginx ended"},
		{"HAProxy sends elsewhere", ran(nil, "", away...), Pass, "procedure", "3 of 3"},
		{"in maintenance, and in service by another name", ran(nil, "", added...), Fail, DrainedName, "bk/new was in service when its nginx ended"},
	})
}

// A command may act on what serves by HAProxy's name alone.
func TestActedByAnotherName(t *testing.T) {
	third := moveTo(1305*ms, "other", "127.0.0.1:81")
	by := func(log string) build {
		b := ran(nil, "", moveTo(200*ms, "other", "127.0.0.1:83"), third)
		run := b.events
		b.expect, b.request = "-", func(r *request) { answerOf(r, "old"); r.Log.Server = log }
		b.events = func(all []history.Event) []history.Event {
			return stayUp(stepsOnly(func(s *history.Step) {
				if s.Index == 1 {
					s.Server = "bk/new"
				}
			})(run(all)))
		}
		return b
	}
	by("bk/old").check(t).wants(t, Inconclusive, "procedure", "no step acted on a server that serves")
	if v := by("bk/other").check(t); len(v.find("procedure", Inconclusive)) > 0 {
		t.Errorf("%q", v.Reasons)
	}
}
