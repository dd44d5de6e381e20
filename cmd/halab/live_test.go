package main

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"halab/internal/haproxy"
	"halab/internal/history"
)

// TestLive shows a run's events as lines, the polls as the article's table.
func TestLive(t *testing.T) {
	var out bytes.Buffer
	l := newLive(newConsole(&out))
	s := history.M(time.Second)
	ref := haproxy.ServerRef{Backend: "bk_app", Server: "nginx2"}
	for _, e := range []history.Event{
		&history.Header{Steps: 2, Lanes: []history.Lane{{Name: "poll"}}},
		&history.ServerState{Server: ref, Status: "UP"},
		&history.Request{Lane: "poll", Status: 200, Header: "nginx/1.18.0", Outcome: history.OK},
		&history.Step{At: s, Index: 1, Phase: history.Begin, Text: "maint: bk_app/nginx2"},
		&history.ServerState{At: s, Server: ref, Status: "UP"},
		&history.ServerState{At: s, Server: ref, Status: "MAINT"},
		&history.Request{ID: "new-7", Lane: "new", Intended: s, Done: 2 * s, Status: 503, Outcome: history.Proxy5xx},
		&history.Request{Lane: "new", Done: 2 * s, Outcome: history.Unsent},
		&history.Request{Lane: "kept", Done: 2 * s, Outcome: history.Stale},
		&history.Request{Lane: "poll", Intended: 2 * s, Done: 5 * s, Outcome: history.Refused},
		&history.Request{Lane: "poll", Intended: 4 * s, Done: 4 * s, Status: 200, Header: "evil\x1b[2J", Outcome: history.OK},
		&history.Step{At: 5 * s, Index: 1, Phase: history.Ended, Error: "not done within 30s"},
		&history.End{At: 6 * s, Error: "interrupted"},
	} {
		l.watch(e)
	}
	l.close()
	want := `    TIME  STATUS  SERVER
    0.0s  200     nginx/1.18.0
    1.0s  step 1 of 2  maint: bk_app/nginx2
    1.0s  bk_app/nginx2 UP → MAINT
    2.0s  lost: new-7, sent 1.0s: proxy 5xx 503
    4.0s  200     evil` + "\uFFFD" + `[2J
    5.0s  -       refused  (sent 2.0s)
    5.0s  step 1 failed: not done within 30s
    6.0s  ended early: interrupted
`
	if got := out.String(); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	if l.sent != 5 || l.lost != 2 {
		t.Errorf("%d sent, %d lost; want 5 and 2", l.sent, l.lost)
	}
}

// blocked is a terminal that is stopped.
type blocked struct {
	got     bytes.Buffer
	once    sync.Once
	writing chan struct{} // closed when somebody writes
	release chan struct{}
}

func (b *blocked) Write(p []byte) (int, error) {
	b.once.Do(func() { close(b.writing) })
	<-b.release
	return b.got.Write(p)
}

// TestLiveNeverWaits shows events to a terminal that takes none: they are
// taken while a write to it hangs, and written once it goes on.
func TestLiveNeverWaits(t *testing.T) {
	const polls = 1000
	b := &blocked{writing: make(chan struct{}), release: make(chan struct{})}
	l := newLive(newConsole(b))
	l.watch(&history.Header{Lanes: []history.Lane{{Name: "poll"}}})
	<-b.writing
	watched := make(chan struct{})
	go func() {
		for range polls {
			l.watch(&history.Request{Lane: "poll", Status: 200, Outcome: history.OK})
		}
		close(watched)
	}()
	select {
	case <-watched:
	case <-time.After(10 * time.Second):
		t.Error("the terminal stops the traffic")
	}
	close(b.release)
	<-watched
	l.close()
	if n := strings.Count(b.got.String(), "  200"); n != polls {
		t.Errorf("%d polls were written, want %d", n, polls)
	}
}

// TestLiveOutput: a command that writes more than anyone reads fills no memory
// while the terminal hangs, and what a job writes after the end is dropped.
func TestLiveOutput(t *testing.T) {
	const wrote = 100_000
	b := &blocked{writing: make(chan struct{}), release: make(chan struct{})}
	l := newLive(newConsole(b))
	l.watch(&history.Header{})
	<-b.writing
	began := time.Now()
	for range wrote {
		l.wrote(1, "y")
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("%d lines took %s", wrote, took)
	}
	if len(l.lines) > maxOutput {
		t.Errorf("%d lines are kept, at most %d wanted", len(l.lines), maxOutput)
	}
	close(b.release)
	l.close()
	l.wrote(1, "late")
	if len(l.lines) != 0 {
		t.Errorf("kept after the end: %v", l.lines)
	}
	got := b.got.String()
	if n := strings.Count(got, "step 1 | y\n"); n != maxOutput || !strings.HasSuffix(got, fmt.Sprintf("          … %d more lines of output\n", wrote-maxOutput)) {
		t.Errorf("%d lines, and then %q", n, got[max(0, len(got)-80):])
	}
}
