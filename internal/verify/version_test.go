package verify

import (
	"strings"
	"testing"

	"halab/internal/history"
)

func TestVersionInTheEnd(t *testing.T) {
	// late is a request that is sent when the steps are over.
	late := func(server string) func(*request) {
		return only("new-190", func(r *request) { answerOf(r, server) })
	}
	early := only("new-50", func(r *request) { answerOf(r, "other") })
	runCases(t, []verdictCase{
		{"everybody", build{expect: "version: 1.22.1"}, Pass, finalVersionName, "all of nginx 1.22.1"},
		{"one is left behind", build{expect: "!  version: 1.22.1", request: late("old")}, Fail, finalVersionName, "came from another version than nginx 1.22.1: 1 nginx/1.18.0 of bk/old"},
		{"before the end it is all the same", build{expect: "!  version: 1.22.1", request: early}, Pass, finalVersionName, "all of nginx 1.22.1"},
		{"interrupted before the last step", build{expect: "!  version: 1.22.1", request: from(0, "old"), events: func(all []history.Event) []history.Event {
			return atEnd(func(e *history.End) { e.Error = "interrupted" })(fewer(2)(all))
		}}, Inconclusive, finalVersionName, "only 1 of 2 steps was carried out, so nothing is known of the version in the end"},
		{"interrupted after the last step", build{expect: "!  version: 1.22.1", request: late("old"), events: atEnd(func(e *history.End) { e.Error = "interrupted" })}, Fail, finalVersionName, "came from another version"},
		{"nobody", build{expect: "version: 1.30.1"}, Fail, finalVersionName, "came from another version"},
	})
}

// What no step had come to yet was left behind by none.
func TestInterruptedLeavesNobodyBehind(t *testing.T) {
	v := build{expect: "!  version: 1.22.1", request: from(0, "old"), events: fewer(2)}.check(t)
	if v.Result != Inconclusive || len(v.Causes) > 0 && v.Causes[0].Name == "left-behind" {
		t.Errorf("%s, causes %q", v.Result, v.Causes)
	}
}

// Each backend may have a version of its own to show in the end.
func TestVersionByBackend(t *testing.T) {
	by := func(want string, change func(*history.Request)) *Verdict {
		all := toSeveral("bk_www/nginx2", func(*history.Request) bool { return false })
		h := all[0].(*history.Header)
		h.Scenario += "expect: {version: " + want + "}\n"
		h.Software[2].Asked, h.Software[2].Got = "1.22.1", "1.22.1"
		h.Software[3] = h.Software[2]
		h.Software[3].Role = "bk_api/nginx2"
		for _, e := range all {
			if r, ok := e.(*history.Request); ok {
				if strings.HasPrefix(r.Server, "bk_api") {
					r.Header = "nginx/1.22.1"
				}
				change(r)
			}
		}
		return check(t, &source{events: all})
	}
	none := func(*history.Request) {}
	by("{bk_www: 1.18.0, bk_api: 1.22.1}", none).wants(t, Pass, finalVersionName, "answers of bk_api after the last step, all of nginx 1.22.1")
	by("{bk_api: 1.22.1}", none).wants(t, Pass, finalVersionName, "all of nginx 1.22.1")
	by("{bk_www: 1.22.1}", none).wants(t, Fail, finalVersionName, "of bk_www after the last step came from another version than nginx 1.22.1")
	by("1.22.1", none).wants(t, Fail, finalVersionName, "came from another version than nginx 1.22.1")
	silent := func(r *history.Request) {
		if strings.HasSuffix(r.Lane, "@api") && r.Sent > command {
			lose(r, history.Refused)
		}
	}
	if v := by("{bk_www: 1.18.0, bk_api: 1.22.1}", silent); len(v.find(finalVersionName, Inconclusive)) != 1 {
		t.Errorf("%s", listed(v.Findings))
	}
}
