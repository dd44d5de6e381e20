package verify

import "testing"

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
		{"nobody", build{expect: "version: 1.30.1"}, Fail, finalVersionName, "came from another version"},
	})
}
