package rehearse

import (
	"bufio"
	"context"
	"net"
	"net/http"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"halab/internal/haproxy"
	"halab/internal/history"
	"halab/internal/probe"
	"halab/internal/scenario"
)

// instant answers every request, whose line of a log is told first.
func instant(t *testing.T, logged func(haproxy.LogLine)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	serve := func(c net.Conn) {
		defer c.Close()
		for r := bufio.NewReader(c); ; {
			req, err := http.ReadRequest(r)
			if err != nil {
				return
			}
			logged(haproxy.LogLine{ID: req.Header.Get("X-Halab-Id"), Backend: "bk", Server: "s", Status: 200, State: "--"})
			if _, err := c.Write([]byte("HTTP/1.1 200 OK\r\nX-Halab-Server: bk/s\r\nContent-Length: 2\r\n\r\nok")); err != nil {
				return
			}
		}
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go serve(c)
		}
	}()
	return l.Addr().String()
}

// What sends, joins and writes needs no more memory the longer a run is.
func TestMemoryOfARun(t *testing.T) {
	const n = 1000
	short := memoryAfter(t, n)
	for again := 0; ; again++ {
		long := memoryAfter(t, 5*n)
		t.Logf("%d KB after %d requests, %d KB after %d", short>>10, n, long>>10, 5*n)
		switch {
		case long-short <= 1<<20:
			return
		case again == 2:
			t.Fatal("it grows")
		}
		// What goroutines were made for a burst after a stall stays, and is there
		// the next time.
	}
}

// memoryAfter is what is still held after n requests, when none is under way:
// how many are at a time depends on how busy the machine is.
func memoryAfter(t *testing.T, n int64) int64 {
	t.Helper()
	before := heap()
	started := time.Now()
	w, err := history.Create(filepath.Join(t.TempDir(), "history.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	var all, unjoined atomic.Int64
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	j := newJoin(started, func(e history.Event) {
		w.Write(e)
		if r := e.(*history.Request); r.Outcome == history.OK && r.Log == nil {
			unjoined.Add(1)
		}
		if all.Add(1) == n {
			stop()
		}
	}, nil)
	target := probe.Target{Address: instant(t, func(l haproxy.LogLine) { j.line(l) }), Path: "/", Timeout: 10 * time.Second, Status: []int{200}, Bodies: map[string]string{"bk/s": "ok"}}
	p := probe.New(target, started, func(e history.Event) { j.request(e.(*history.Request)) })
	p.Run(ctx, scenario.Traffic{New: &scenario.New{Rate: 400}, Kept: &scenario.Kept{Rate: 1200, Connections: 8}})
	if all.Load() < n || unjoined.Load() > 0 {
		t.Errorf("%d of %d requests, and %d of them without their line", all.Load(), n, unjoined.Load())
	}
	held := heap() - before
	runtime.KeepAlive(p)
	runtime.KeepAlive(j)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return held
}

// heap is the memory in use, in bytes.
func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC() // what pools hold goes at the second one
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
