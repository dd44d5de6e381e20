package rehearse

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"halab/internal/history"
	"halab/internal/verify"
)

// as is a lab that is edited towards what production does.
type as struct {
	name string
	// checks leaves out that the first checks come at once.
	checks bool
	// remove are the beginnings of lines that are left out, replace is old and
	// new in turn.
	remove, replace []string
	logless         bool // nothing joins a request to its line in HAProxy's log
}

var (
	asRendered   = as{name: "as rendered"}
	asProduction = as{name: "as production", checks: true,
		replace: []string{"access_log ", "access_log off; # ", "worker_processes 1;", "worker_processes 2;", "worker_connections 4096;", "worker_connections 768;"}}
	withoutLog = as{name: "without the log", logless: true,
		remove: []string{"log-format", "http-request capture", "http-request set-var(txn.halab_us)"}}
)

func (a as) edit(t *testing.T) func(name, text string) string {
	found := map[string]bool{}
	t.Cleanup(func() {
		if len(found) != len(a.remove)+len(a.replace)/2 {
			t.Errorf("%s: of what it leaves out only this was there: %v", a.name, found)
		}
	})
	return func(name, text string) string {
		for i := 0; i < len(a.replace); i += 2 {
			if strings.Contains(text, a.replace[i]) {
				found[a.replace[i]] = true
			}
		}
		var out strings.Builder
		for line := range strings.Lines(strings.NewReplacer(a.replace...).Replace(text)) {
			is := func(start string) bool { return strings.HasPrefix(strings.TrimSpace(line), start) }
			if i := slices.IndexFunc(a.remove, is); i >= 0 {
				found[a.remove[i]] = true
				continue
			}
			out.WriteString(line)
		}
		return out.String()
	}
}

// TestLabChanges: what a lab adds changes no verdict. A procedure that loses
// requests and a sound one come out the same without it, and so does how
// requests are lost on which lane.
func TestLabChanges(t *testing.T) {
	const old = "  - maint: bk/old\n  - expect: {header: nginx/1.22.1}\n"
	const alone = "  switch: {from: bk/old, to: bk/new, within: 20s}\n"
	const back = "  - start: bk/old\n  - ready: bk/old\n  - expect: {server: bk/old, state: UP}\n  - reload: haproxy\n  - wait: 300ms\n"
	const version = `{version: "2.6"}`
	const option = `{version: "2.6", defaults: {option: [idle-close-on-response]}}`
	for _, c := range []struct {
		name, steps string
		want        verify.Result
		labs        []as
	}{
		{"sound", "  - maint: bk/old\n  - expect: {header: nginx/1.22.1}\n  - quit: bk/old\n" + back, verify.Pass, []as{asRendered, asProduction}},
		{"broken", "  - kill: bk/old\n  - expect: {server: bk/old, state: DOWN}\n", verify.Fail, []as{asRendered, asProduction, withoutLog}},
	} {
		t.Run(c.name, func(t *testing.T) {
			seen := ""
			for _, lab := range c.labs {
				p := newPlace(t)
				config := p.config(t, parse(t, old, c.steps, alone, "", version, option, ", backup: true", "", "  poll: {interval: 200ms}\n", ""))
				config.Lab.Edit = lab.edit(t)
				if lab.checks {
					config.Lab.OwnCommands = true
				}
				v := p.decided(t, config)
				if v.Result != c.want && !lab.logless {
					t.Errorf("%s: %s: %q", lab.name, v.Result, v.Reasons)
				}
				switch how := losses(v); {
				case seen == "":
					seen = how
				case how != seen:
					t.Errorf("%s: %s, want %s", lab.name, how, seen)
				}
			}
			t.Log(seen)
		})
	}
}

// chance is how many requests may end in a way that hangs on the moment of the
// kill: one that was on its way just then is lost otherwise than those after it.
const chance = 2

// losses is how requests were lost on which lane, without how many.
func losses(v *verify.Verdict) string {
	var out []string
	for _, l := range v.Lanes {
		often := maps.Clone(l.Outcomes)
		maps.DeleteFunc(often, func(_ history.Outcome, n int64) bool { return n <= chance })
		outcomes := slices.Sorted(maps.Keys(often))
		out = append(out, fmt.Sprintf("%s lost %v, %v", l.Name, l.Lost > 0, outcomes))
	}
	return strings.Join(out, "; ")
}
