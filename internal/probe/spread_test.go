package probe

import (
	"context"
	"sync"
	"testing"
	"time"

	"halab/internal/history"
	"halab/internal/scenario"
)

// A step may send its GET while the lanes begin: of that the race detector tells.
func TestGetWhileTheLanesBegin(t *testing.T) {
	s := serve(t, script(request, say(good)))
	p, _ := prober(t, target(s.addr))
	ctx, stop := context.WithCancel(t.Context())
	var lanes sync.WaitGroup
	lanes.Go(func() { p.Run(ctx, scenario.Traffic{New: &scenario.New{Rate: 1}}) })
	if r := p.Get(ctx); r.Outcome != history.OK {
		t.Errorf("%+v", r)
	}
	stop()
	lanes.Wait()
}

// A lane opens one more where a server that serves has none of it, and only
// there.
func TestSpread(t *testing.T) {
	now := time.Second
	s := newSpread(time.Now())
	s.now = func() time.Duration { return now }
	s.on.Store(true)
	page := func(server string) {
		s.answered(&history.Request{ID: "new-1", Lane: "new", Server: server, Status: 200})
	}
	download := func(id, server string) *history.Request {
		r := &history.Request{ID: id, Lane: "download"}
		s.sent(r)
		if server != "" {
			r.Server, r.Status = server, 200
			s.answered(r)
		}
		return r
	}
	wants := func(want bool, tried int, why string) {
		t.Helper()
		if got := s.wants("download", tried, 0, 4); got != want {
			t.Errorf("%s: wants one more is %t", why, got)
		}
	}
	wants(false, 0, "no server is known")
	page("bk/a")
	page("bk/b")
	wants(true, 0, "two serve and have none")
	first := download("download-1", "bk/a")
	wants(true, 0, "one has none")
	onItsWay := download("download-2", "")
	wants(false, 0, "one is on its way")
	s.ended(onItsWay)
	download("download-3", "bk/b")
	wants(false, 0, "each has one")
	s.ended(first)
	wants(true, 0, "one has ended")
	wants(false, 4, "it was tried often enough")
	wants(false, 0, "and is left alone for a while")
	now += recent + 1
	wants(false, 0, "that one no longer serves")
	page("bk/a")
	wants(true, 0, "it serves again")
	for _, id := range []string{"download-4", "download-5", "download-6"} {
		download(id, "bk/b")
	}
	wants(false, 0, "there are enough")
	if s.wants("stream", 0, 1, 4) {
		t.Error("a lane wants one more before it has opened its own")
	}
	s.sent(&history.Request{ID: "stream-1", Lane: "stream"})
	s.answered(&history.Request{ID: "stream-1", Lane: "stream", Server: "bk/b", Status: 200})
	if !s.wants("stream", 0, 1, 4) {
		t.Error("a lane that has opened its own wants none at the other server")
	}
	page("bk/c")
	if n := s.servers(); n != 3 {
		t.Errorf("%d servers serve, want 3", n)
	}
}
