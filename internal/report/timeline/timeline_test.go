package timeline

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"halab/internal/haproxy"
	"halab/internal/history"
	"halab/internal/verify"
)

// source hands out events and errors.
type source struct{ next []any }

func (s *source) Next() (history.Event, error) {
	if len(s.next) == 0 {
		return nil, io.EOF
	}
	n := s.next[0]
	s.next = s.next[1:]
	if err, ok := n.(error); ok {
		return nil, err
	}
	return n.(history.Event), nil
}

func sec(n float64) history.Micros { return history.M(time.Duration(n * float64(time.Second))) }

func answered(lane string, at float64, server string) *history.Request {
	return &history.Request{ID: fmt.Sprint(lane, "-", at), Lane: lane, Intended: sec(at), Sent: sec(at), Done: sec(at) + 1000, Status: 200, Header: "nginx/" + server, Server: "bk/" + server, Outcome: history.OK}
}

func verdict(sent int64) *verify.Verdict {
	return &verify.Verdict{Length: sec(10), Lanes: []verify.Lane{{Name: "new", Interval: 1000, Sent: sent}}, Steps: []verify.Step{{Index: 1, Begin: sec(4), End: sec(5), Ended: true}}}
}

func collect(t *testing.T, v *verify.Verdict, next ...any) *Timeline {
	t.Helper()
	tl, err := Collect(v, &source{next})
	if err != nil {
		t.Fatal(err)
	}
	return tl
}

func TestMarksAreWhatTheVerdictSays(t *testing.T) {
	lostBy := func(o history.Outcome, at float64) *history.Request {
		return &history.Request{ID: fmt.Sprint(o), Lane: "new", Intended: sec(at), Done: sec(at + 1), Outcome: o}
	}
	retried := answered("new", 5, "a")
	retried.Log = &history.Seen{Retries: 2}
	moved := answered("new", 5.5, "a")
	moved.Log = &history.Seen{Redispatched: true, Retries: 1}
	stranger := answered("new", 6, "evil")
	v := verdict(8)
	v.Lost = []verify.Lost{{Request: *lostBy(history.Reset, 1)}, {Request: *stranger}}
	v.LostAll = 2
	tl := collect(t, v, lostBy(history.Timeout, 2.5), lostBy(history.Reset, 1), lostBy(history.Stale, 3), lostBy(history.Unsent, 4), retried, moved, stranger, answered("new", 7, "a"))
	var got []string
	for _, m := range tl.Marks {
		got = append(got, fmt.Sprint(m.Class, "/", tl.Kinds[m.Kind], "/", m.Listed))
	}
	want := "lost/reset/0 other/timeout/-1 stale/stale/-1 unsent/unsent/-1 retried/answered after a retry/-1 retried/answered after a redispatch/-1 lost/unknown version/1"
	if s := strings.Join(got, " "); s != want {
		t.Errorf("marks:\n%s\nwant:\n%s", s, want)
	}
	v.LostAll = 3 // one more than the verdict lists: it is told by its outcome
	if tl := collect(t, v, lostBy(history.Timeout, 2)); tl.Marks[0].Class != Lost {
		t.Errorf("a loss that is not listed is %s", tl.Marks[0].Class)
	}
}

func TestBandsTurnWhereTheAnswersDo(t *testing.T) {
	v := verdict(3)
	v.Lanes[0].Interval = sec(2)
	tl := collect(t, v, answered("new", 5, "b"), answered("new", 0, "a"), answered("new", 2, "a"))
	d := tl.Draw(tl.Strips[0], tl.Scale())
	got := ""
	for _, p := range d.Bands {
		got += p.Class + " " + p.D + "\n"
	}
	// The first key is the one whose record came first.
	// The last answer holds for an interval, for then nobody asked.
	want := "band v0 M5000 67H7000V79H5000Z\nband v1 M0 67H5000V79H0Z\n"
	if got != want {
		t.Errorf("bands:\n%swant:\n%s", got, want)
	}
	if len(d.Latency) != 2 || !strings.Contains(d.Latency[1].D, "M0 ") {
		t.Errorf("latency: %v", d.Latency)
	}
}

func TestManyRequestsAreBinned(t *testing.T) {
	v := verdict(MaxDots + 1)
	var next []any
	for i := range 30_000 {
		next = append(next, answered("new", float64(i)/3000, map[bool]string{true: "a", false: "b"}[i < 13_500]))
	}
	tl := collect(t, v, next...)
	s := tl.Strips[0]
	if len(s.dots) != 0 || !tl.Binned() {
		t.Fatalf("%d requests are kept", len(s.dots))
	}
	var n int64
	for i := range s.bins {
		n += s.bins[i].count
	}
	if n != 30_000 {
		t.Errorf("the bins have %d requests", n)
	}
	d := tl.Draw(s, tl.Scale())
	if len(d.Bands) != 2 || strings.Count(d.Bands[0].D, "M") != 1 {
		t.Errorf("two servers one after the other are two boxes, not %v", d.Bands)
	}
	from, to := tl.Focus()
	if from != sec(3.5) || to != sec(5.5) {
		t.Errorf("focus %s to %s", from, to)
	}
	if narrow, wide := tl.edges[tl.bin(sec(4.5))+1]-tl.edges[tl.bin(sec(4.5))], tl.edges[1]-tl.edges[0]; narrow*4 > wide {
		t.Errorf("around the steps a bin is %s, elsewhere %s", narrow, wide)
	}
}

func TestABinOfTwoServersShowsBoth(t *testing.T) {
	v := verdict(MaxDots + 1)
	tl := collect(t, v, answered("new", 4.5, "a"), answered("new", 4.5, "a"), answered("new", 4.5, "b"), answered("new", 4.5, "b"))
	d := tl.Draw(tl.Strips[0], tl.Scale())
	if len(d.Bands) != 2 || !strings.Contains(d.Bands[0].D, " 67H") || !strings.Contains(d.Bands[0].D, "V73") || !strings.Contains(d.Bands[1].D, "V79") {
		t.Errorf("bands: %v", d.Bands)
	}
}

func TestEdgesRise(t *testing.T) {
	for _, c := range []struct{ length, from, to history.Micros }{
		{1, 0, 1}, {10, 0, 10}, {sec(10), sec(4), sec(5)}, {sec(10), 0, sec(10)}, {sec(86_400), sec(1), sec(2)}, {3, 3, 3},
	} {
		e := edges(c.length, focus{c.from, c.to})
		for i := 1; i < len(e); i++ {
			if e[i] <= e[i-1] {
				t.Fatalf("%+v: edge %d is %d after %d", c, i, e[i], e[i-1])
			}
		}
		if e[0] != 0 || e[len(e)-1] != c.length || len(e) > 2*(coarse+fine) {
			t.Errorf("%+v: %d edges from %d to %d", c, len(e), e[0], e[len(e)-1])
		}
	}
}

func TestStatesLastUntilTheNext(t *testing.T) {
	ref := haproxy.ServerRef{Backend: "bk", Server: "a"}
	state := func(at float64, status string) *history.ServerState {
		return &history.ServerState{At: sec(at), Server: ref, Status: status, Weight: 1}
	}
	tl := collect(t, verdict(0), state(0, "UP"), state(1, "UP"), state(2, "MAINT"), state(6, "UP 1/3"))
	if got := fmt.Sprint(tl.States[0].Segments); got != "[{0s 2s UP 1} {2s 6s MAINT 1} {6s 10s UP 1/3 1}]" {
		t.Errorf("segments: %s", got)
	}
}

// TestABrokenHistoryIsDrawnAsFarAsItGoes: foreign lines are passed over, and
// a cut is an end.
func TestABrokenHistoryIsDrawnAsFarAsItGoes(t *testing.T) {
	tl := collect(t, verdict(2), answered("new", 1, "a"), &history.Error{Line: 2, Err: errors.New("foreign")}, answered("new", 2, "a"), history.ErrCut, answered("new", 3, "a"))
	if n := len(tl.Strips[0].dots); n != 2 {
		t.Errorf("%d requests", n)
	}
	if _, err := Collect(verdict(0), &source{[]any{errors.New("disk on fire")}}); err == nil {
		t.Error("a history that cannot be read is no error")
	}
}

func TestMoreVersionsThanColours(t *testing.T) {
	var next []any
	for i := range 20 {
		next = append(next, answered("new", float64(i)/4, fmt.Sprint(i)))
	}
	tl := collect(t, verdict(20), next...)
	if len(tl.Keys) != maxKeys || tl.Keys[maxKeys-1].Header != "others" {
		t.Errorf("keys: %v", tl.Keys)
	}
}

func TestSketchIsRightToAnEighth(t *testing.T) {
	for _, m := range []history.Micros{0, 1, 7, 8, 15, 100, 999, 12_345, 1_000_000, 59_000_000, 3_600_000_000} {
		var s sketch
		s.add(m)
		s.add(1 << 40)
		got := s.quantile(0.5)
		if got < m || float64(got) > float64(m)*1.125+1 {
			t.Errorf("the quantile of %d is %d", m, got)
		}
	}
	if (*sketch)(nil).quantile(0.5) != 0 {
		t.Error("nothing has a quantile")
	}
}

// A request that broke under way is drawn where it ended, with a line from its
// send, and what was never answered well is not left beyond the end of the
// picture. One that waited in vain is drawn where it was sent.
func TestLossesAreDrawnWhereTheyWereLost(t *testing.T) {
	cut := answered("new", 1, "a")
	cut.Done, cut.Outcome = sec(6), history.Truncated
	v := verdict(1)
	v.Lost, v.LostAll = []verify.Lost{{Request: *cut}}, 1
	tl := collect(t, v, cut)
	if len(tl.Marks) != 1 || tl.Marks[0].At != sec(6) || tl.Marks[0].Sent != sec(1) {
		t.Fatalf("marks: %+v", tl.Marks)
	}
	d := tl.Draw(tl.Strips[0], tl.Scale())
	if len(d.Waits) != 1 || d.Waits[0].D != "M1000 6.5H6000" || d.Marks[0].D != "M6000 1V12" {
		t.Errorf("drawn: %+v, %+v", d.Waits, d.Marks)
	}
	if !tl.Waited() {
		t.Error("the legend has no line")
	}
	cut.Outcome, cut.First = history.Timeout, 0
	if tl := collect(t, v, cut); tl.Marks[0].At != sec(1) {
		t.Errorf("what waited in vain is drawn at %s", tl.Marks[0].At)
	}
}
