package rehearse

import (
	"os"
	"path/filepath"
	"testing"

	"halab/internal/history"
	"halab/internal/verify"
)

// streamed are the requests of the lane stream.
func (p place) streamed(t *testing.T) []*history.Request {
	t.Helper()
	var out []*history.Request
	p.each(t, func(e history.Event) {
		if r, ok := e.(*history.Request); ok && r.Lane == history.StreamLane {
			copied := *r
			out = append(out, &copied)
		}
	})
	return out
}

// TestStreams: streams survive the maintenance of their server, and the
// reload of HAProxy, and one more is held at a server that comes to serve.
// Whatever cuts or stalls them shows on every one, and others take their place.
func TestStreams(t *testing.T) {
	lanes := []string{"  kept: {rate: 50, connections: 5}\n", "  stream: {connections: 4, every: 50ms}\n"}
	expect := "expect:\n  max-gap: 20s\n  switch: {from: bk/old, to: bk/new, within: 20s}\n"
	steps := "  - maint: bk/old\n  - expect: {header: nginx/1.22.1}\n"
	for _, c := range []struct {
		name    string
		replace []string
		want    verify.Result
		lost    history.Outcome // of every stream that was there from the start; "": none
		state   byte            // with which its termination state begins; 0: any
	}{
		{"maint", nil, verify.Pass, "", 0},
		{"reload", []string{steps, "  - reload: {}\n  - wait: 500ms\n", expect, "expect:\n  max-gap: 20s\n"}, verify.Pass, "", 0},
		{"stop", []string{steps, steps + "  - stop: bk/old\n  - wait: 500ms\n"}, verify.Fail, history.Truncated, 0},
		{"shutdown-sessions", []string{"nginx: 1.18.0, check: true", "nginx: 1.18.0, check: true, on-marked-down: shutdown-sessions"}, verify.Fail, history.Truncated, 'D'},
		{"pause", []string{steps, "  - pause: bk/old\n  - wait: 2s\n  - resume: bk/old\n", "  before: 400ms\n", "  before: 400ms\n  timeout: 1s\n"}, verify.Fail, history.Timeout, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPlace(t)
			v := p.decided(t, p.config(t, parse(t, append(lanes, c.replace...)...)))
			if v.Result != c.want {
				t.Fatalf("%s: %q", v.Result, v.Reasons)
			}
			if v.Accounts.HAProxy < v.Accounts.Answered || v.Accounts.Unlogged > 0 {
				t.Errorf("%+v", v.Accounts)
			}
			all := p.streamed(t)
			first, held, status := 0, 0, map[int]int{}
			for _, r := range all {
				if c.lost == "" && r.Server == "bk/new" {
					held++ // since that server serves
					continue
				}
				if r.Intended > all[0].Intended+history.Micros(200_000) {
					continue // one that took the place of another
				}
				first++
				status[r.Status]++
				switch {
				case r.Server != "bk/old" || r.Log == nil:
					t.Errorf("%+v, want one of bk/old with its line", r)
				case c.lost == "" && (r.Outcome != history.OK || r.Got < 100 || r.Log.State != "--"):
					t.Errorf("%+v, %+v, want all of it", r, r.Log)
				case c.lost != "" && (r.Outcome != c.lost || r.Got == 0 || c.state != 0 && r.Log.State[0] != c.state):
					t.Errorf("%+v, %+v, want %s", r, r.Log, c.lost)
				}
			}
			if first != 4 || status[101] != 2 || status[200] != 2 {
				t.Errorf("%d streams from the start, by status %v", first, status)
			}
			if more := len(all) - first - held; (more >= 4) != (c.lost != "") || c.lost == "" && more > 0 {
				t.Errorf("%d streams more", more)
			}
			if c.name == "maint" && (held < 1 || held > 2) {
				t.Errorf("%d streams at the server that took over, want one or two", held)
			}
			if _, err := os.Stat(filepath.Join(p.out, "stream.sock")); err == nil {
				t.Error("the socket is among the results")
			}
		})
	}
}
