package verify

import (
	"fmt"
	"io"
	"runtime"
	"testing"

	"halab/internal/history"
)

// endless is a run of n requests that is made while it is read. It looks at
// the memory in use as it goes.
type endless struct {
	build
	n, i int
	most uint64
}

func (e *endless) Next() (history.Event, error) {
	e.i++
	switch {
	case e.i == 1:
		return e.header(), nil
	case e.i > e.n:
		return nil, io.EOF
	case e.i%100_000 == 0:
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		e.most = max(e.most, m.HeapAlloc)
	}
	lane := []string{"new", "kept", "poll"}[e.i%3]
	at := history.Micros(e.i) * 100 // ten thousand a second
	r := &request{ID: fmt.Sprintf("%s-%d", lane, e.i/3+1), Lane: lane, Conn: int64(e.i), Intended: at, Sent: at, First: at + ms, Done: at + ms, Status: 200, Outcome: history.OK}
	answerOf(r, "old")
	switch {
	case e.i%50 == 0:
		lose(r, history.Refused)
	case e.i%2 == 0:
		r.Reuse, r.Log.State, r.Log.Retries = 1, "SD", 1
	}
	return r, nil
}

// Memory is bound by the rate and the timeout, not by the length of the run:
// at ten thousand requests a second and three seconds that is about 15 MB.
// Every other request has something wrong, each on a connection of its own.
func TestMemoryIsBounded(t *testing.T) {
	for mode, n := range map[string]int{"http": 400_000, "tcp": 100_000} {
		var before runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		src := &endless{build: build{mode: mode}, n: n}
		v := check(t, src)
		if v.Result != Fail || v.LostAll != int64(n/50) {
			t.Errorf("%s: %s, %d lost", mode, v.Result, v.LostAll)
		}
		if used := int64(src.most) - int64(before.HeapAlloc); used > 48<<20 {
			t.Errorf("%s: %d MB in use", mode, used>>20)
		} else {
			t.Logf("%s: %d MB in use", mode, used>>20)
		}
	}
}
