package rehearse

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"halab/internal/haproxy"
	"halab/internal/history"
)

// joined collects what a join hands on: the id and the server of its line.
type joined struct {
	*join
	mu   sync.Mutex
	got  []string
	kept []string // lines that only a ring had
}

func newJoined() *joined {
	j := &joined{}
	j.join = newJoin(time.Unix(1000, 0), func(e history.Event) {
		r := e.(*history.Request)
		text := r.ID
		if r.Log != nil {
			text += "@" + r.Log.Server
		}
		j.mu.Lock()
		defer j.mu.Unlock()
		j.got = append(j.got, text)
	}, func(raw []byte) { j.kept = append(j.kept, string(raw)) })
	return j
}

// fromRing has a line come out of a ring, and is its own text.
func (j *joined) fromRing(id string) {
	l := logged(id)
	l.EndUS = time.Now().UnixMicro()
	j.again(l, []byte(id))
}

func sent(id string) *history.Request {
	return &history.Request{ID: id, Conn: 1, Sent: 1, Outcome: history.OK}
}

func logged(id string) haproxy.LogLine {
	return haproxy.LogLine{ID: id, Backend: "bk", Server: "s", State: "--", RequestUS: 1000_000_005}
}

func TestJoin(t *testing.T) {
	never := sent("r")
	never.Sent, never.Conn = 0, 0
	for _, c := range []struct {
		name    string
		do      func(j *joined)
		want    string
		orphans int
		kept    string
	}{
		{"line first", func(j *joined) { j.line(logged("a")); j.request(sent("a")) }, "a@bk/s", 0, ""},
		{"request first", func(j *joined) { j.request(sent("a")); j.line(logged("a")) }, "a@bk/s", 0, ""},
		{"no line", func(j *joined) { j.request(sent("a")) }, "a", 0, ""},
		{"no request", func(j *joined) { j.line(logged("a")) }, "", 1, ""},
		{"crosswise", func(j *joined) {
			j.request(sent("a"))
			j.line(logged("b"))
			j.request(sent("b"))
			j.line(logged("a"))
		}, "b@bk/s a@bk/s", 0, ""},
		{"nothing was written, so no line is awaited", func(j *joined) { j.request(never) }, "r", 0, ""},
		{"two lines of one request", func(j *joined) { j.request(sent("a")); j.line(logged("a")); j.line(logged("a")) }, "a@bk/s", 1, ""},
		{"out of the ring, and sent on later", func(j *joined) { j.request(sent("a")); j.fromRing("a"); j.line(logged("a")) }, "a@bk/s", 0, "a"},
		{"out of the ring twice", func(j *joined) { j.request(sent("a")); j.fromRing("a"); j.fromRing("a") }, "a@bk/s", 0, "a"},
		{"out of the ring after it was sent on", func(j *joined) { j.request(sent("a")); j.line(logged("a")); j.fromRing("a") }, "a@bk/s", 0, ""},
		{"out of the ring before the request has ended", func(j *joined) { j.fromRing("a"); j.request(sent("a")) }, "a@bk/s", 0, "a"},
		{"so, and sent on later", func(j *joined) { j.fromRing("a"); j.request(sent("a")); j.line(logged("a")) }, "a@bk/s", 0, "a"},
		{"so, and sent on meanwhile", func(j *joined) { j.fromRing("a"); j.line(logged("a")); j.request(sent("a")) }, "a@bk/s", 0, ""},
		{"sent on and out of the ring before it", func(j *joined) { j.line(logged("a")); j.fromRing("a"); j.request(sent("a")) }, "a@bk/s", 0, ""},
		{"out of the ring long ago", func(j *joined) { j.again(logged("a"), []byte("a")); j.request(sent("a")) }, "a", 0, ""},
		{"out of the ring, and forgotten", func(j *joined) {
			j.fromRing("a")
			j.woke(2 * patience)
			j.giveUp()
			j.request(sent("a"))
		}, "a", 0, ""},
		{"late, while halab was stopped", func(j *joined) {
			r := logged("a")
			j.request(sent("a"))
			j.woke(patience / 2) // of however long
			j.giveUp()
			j.line(r)
		}, "a@bk/s", 0, ""},
		{"too late", func(j *joined) {
			j.request(sent("a"))
			j.woke(2 * patience)
			j.giveUp()
			j.line(logged("a"))
		}, "a", 1, ""},
	} {
		j := newJoined()
		c.do(j)
		orphans := j.flush()
		got, kept := strings.Join(j.got, " "), strings.Join(j.kept, " ")
		if got != c.want || orphans != c.orphans || kept != c.kept {
			t.Errorf("%s: %q, %d orphans, kept %q; want %q, %d, %q", c.name, got, orphans, kept, c.want, c.orphans, c.kept)
		}
	}
}

// What was answered has a line; what was not may have none.
func TestJoinComplete(t *testing.T) {
	j := newJoined()
	lost, answered := sent("lost"), sent("answered")
	answered.Status = 200
	j.request(lost)
	if !j.complete() {
		t.Error("a request without an answer is awaited")
	}
	j.request(answered)
	if j.complete() {
		t.Error("an answer without a line is not awaited")
	}
	j.line(logged("answered"))
	if !j.complete() {
		t.Error("an answer with its line is awaited")
	}
}

func TestJoinTimesCountFromTheStart(t *testing.T) {
	j := newJoin(time.Unix(1000, 0), func(e history.Event) {
		if at := e.(*history.Request).Log.Arrived; at != 5 {
			t.Errorf("arrived at %d µs, want 5", at)
		}
	}, nil)
	j.line(logged("a"))
	j.request(sent("a"))
}

// Every request is handed on once, whoever comes first.
func TestJoinSideBySide(t *testing.T) {
	j := newJoined()
	var sides sync.WaitGroup
	const n = 500
	sides.Go(func() {
		for i := range n {
			j.request(sent(fmt.Sprint(i)))
		}
	})
	sides.Go(func() {
		for i := range n {
			j.line(logged(fmt.Sprint(i)))
		}
	})
	sides.Wait()
	orphans := j.flush()
	slices.Sort(j.got)
	if len(slices.Compact(j.got)) != n || orphans != 0 {
		t.Errorf("%d handed on, %d orphans", len(j.got), orphans)
	}
}
