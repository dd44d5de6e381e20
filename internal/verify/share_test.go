package verify

import (
	"slices"
	"testing"

	"halab/internal/history"
)

// Requests are counted by lane and server, and by when they were sent.
func TestShares(t *testing.T) {
	v := build{events: withStreams(heldBy("1", "old", 2*ms, allOver), heldBy("2", "new", 1005*ms, allOver), heldBy("3", "new", 1500*ms, allOver))}.check(t)
	want := []Share{
		{"poll", "bk/new", 0, 1, 2}, {"poll", "bk/old", 2, 0, 0},
		{"new", "bk/new", 0, 1, 100}, {"new", "bk/old", 100, 0, 0},
		{"kept", "bk/new", 0, 1, 100}, {"kept", "bk/old", 100, 0, 0},
		{"stream", "bk/new", 0, 1, 1}, {"stream", "bk/old", 1, 0, 0},
	}
	if !slices.Equal(v.Shares, want) {
		t.Errorf("got  %v\nwant %v", v.Shares, want)
	}
	lost := only("new-99", func(r *request) {
		lose(r, history.Proxy5xx)
		r.Sent, r.Conn, r.Status, r.Log = r.Intended, 1, 503, &history.Seen{State: "SC", Server: "bk/<NOSRV>", Status: 503}
	})
	v = build{expect: "lost: 1", request: lost}.check(t)
	if !slices.Contains(v.Shares, Share{"new", "", 1, 0, 0}) {
		t.Errorf("a request that no server had is not among %v", v.Shares)
	}
}
