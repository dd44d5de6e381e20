package rehearse

import (
	"strings"
	"testing"

	"halab/internal/verify"
)

// TestSuccession: another process or version of either program takes over
// while traffic runs, and nothing is lost, nor anything that was in flight.
// Where the next version cannot read the configuration the run fails for that
// alone.
func TestSuccession(t *testing.T) {
	steps := "  - maint: bk/old\n  - expect: {header: nginx/1.22.1}\n"
	lanes := []string{"  kept: {rate: 50, connections: 5}\n", "  kept: {rate: 50, connections: 5}\n  download: {connections: 3, size: 100000, lasts: 800ms}\n"}
	alone := []string{"  switch: {from: bk/old, to: bk/new, within: 20s}\n", ""}
	closes := []string{`{version: "2.6"}`, `{version: "2.6", defaults: {option: [http-server-close]}}`}
	// Without this option kept connections are closed under their clients. 2.2
	// does not have it.
	option := []string{`{version: "2.6"}`, `{version: "2.6", defaults: {option: [idle-close-on-response]}}`}
	for _, c := range []struct {
		name    string
		replace [][]string
		want    verify.Result
		reason  string // alone, where it is not ""
	}{
		{"nginx", [][]string{closes, lanes, alone, {steps, "  - reload: bk/old\n  - wait: 500ms\n  - upgrade: {server: bk/old, nginx: 1.22.1}\n  - wait: 500ms\n"}}, verify.Pass, ""},
		{"haproxy", [][]string{option, lanes, alone, {steps, "  - reload: haproxy\n  - wait: 500ms\n  - upgrade: {haproxy: 3.0}\n  - wait: 500ms\n"}}, verify.Pass, ""},
		{"haproxy that finishes for longer than a line is awaited", [][]string{option, {"  kept: {rate: 50, connections: 5}\n", "  timeout: 20s\n  kept: {rate: 50, connections: 5}\n  download: {connections: 3, size: 100000, lasts: 7s}\n"}, alone, {steps, "  - reload: haproxy\n"}}, verify.Pass, ""},
		{"haproxy that still has downloads of a server when that is drained and stopped", [][]string{option, {"  kept: {rate: 50, connections: 5}\n", "  kept: {rate: 50, connections: 5}\n  download: {connections: 3, size: 100000, lasts: 3s}\n"}, alone, {steps, "  - reload: haproxy\n  - maint: bk/old\n  - expect: {server: bk/old, sessions: 0}\n  - stop: bk/old\n"}}, verify.Pass, ""},
		// A new connection for each request: there is none that the old one could close.
		{"chain", [][]string{{`{version: "2.6"}`, `{version: "2.2"}`}, {lanes[0], ""}, alone, {steps,
			"  - upgrade: {haproxy: 2.6}\n  - wait: 500ms\n  - upgrade: {haproxy: 3.0}\n  - wait: 500ms\n  - upgrade: {haproxy: 3.2}\n  - wait: 500ms\n"}}, verify.Pass, ""},
		{"unreadable", [][]string{option, lanes, alone, {steps, "  - upgrade: {haproxy: 2.2}\n"}}, verify.Fail, "unknown option 'idle-close-on-response'"},
	} {
		t.Run(strings.ReplaceAll(c.name, " ", "_"), func(t *testing.T) {
			var replace []string
			for _, r := range c.replace {
				replace = append(replace, r...)
			}
			p := newPlace(t)
			v := p.decided(t, p.config(t, parse(t, replace...)))
			if v.Result != c.want {
				t.Fatalf("%s: %q", v.Result, v.Reasons)
			}
			if c.reason != "" && (len(v.Reasons) != 1 || !strings.Contains(v.Reasons[0], c.reason)) {
				t.Errorf("%q, want %q alone", v.Reasons, c.reason)
			}
			var sent int64
			for _, l := range v.Lanes {
				sent += l.Sent
				if l.Lost > 0 || l.Stale > 0 {
					t.Errorf("%+v", l)
				}
			}
			if v.Accounts.Answered != sent || v.Accounts.HAProxy != sent || v.Accounts.Logged != sent {
				t.Errorf("%d requests, accounts %+v", sent, v.Accounts)
			}
		})
	}
}
