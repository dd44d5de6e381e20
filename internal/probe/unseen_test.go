package probe

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"halab/internal/haproxy/haproxytest"
	"halab/internal/history"
	"halab/internal/scenario"
)

// What other instruments do not see.

// TestEveryTenthReset: a server that resets every tenth request of a reused
// connection, after it has read it. A client that sends again by itself
// reports no error at all.
func TestEveryTenthReset(t *testing.T) {
	const requests = 200
	var ten []act
	for range 9 {
		ten = append(ten, request, say(good))
	}
	s := serve(t, append(ten, request, reset))
	p, _ := prober(t, target(s.addr))
	k := kept{p: p, size: 1}
	defer k.end()
	counts := map[history.Outcome]int{}
	for i := range requests {
		r := &history.Request{ID: fmt.Sprintf("kept-%d", i+1), Intended: history.Since(p.started)}
		if c := k.begin(r); c != nil {
			k.follow(r, c)
		}
		counts[r.Outcome]++
	}
	if counts[history.InFlight] != requests/10 || counts[history.OK] != requests-requests/10 {
		t.Errorf("%v, want %d in flight and the rest ok", counts, requests/10)
	}
	if n := len(s.read()); n != requests {
		t.Errorf("the server read %d requests, %d were sent", n, requests)
	}
}

// TestFrozen: a HAProxy that stands still. Every request that was due then is
// late by as much as was left of the standstill; a client that waits for its
// answers would have sent one of them.
func TestFrozen(t *testing.T) {
	h := haproxytest.All(t)[0]
	s := serve(t, script(request, say("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n"+pageText)))
	l := haproxytest.Listen(t)
	proxy := h.Start(t, fmt.Sprintf(proxyConfig, "10s", s.addr, ""), l)
	to := target(l.Addr().String())
	to.Timeout = 20 * time.Second
	rec := &records{}
	p := New(to, time.Now(), rec.emit)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	done := make(chan struct{})
	go func() {
		p.Run(ctx, scenario.Traffic{New: &scenario.New{Rate: 200}})
		close(done)
	}()
	time.Sleep(100 * time.Millisecond)
	if err := syscall.Kill(proxy.Pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	waitStopped(t, proxy.Pid)
	frozen := history.Since(p.started)
	time.Sleep(time.Second)
	thawed := history.Since(p.started)
	if err := syscall.Kill(proxy.Pid, syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	for begin := time.Now(); !due(rec.list(), thawed) && time.Since(begin) < 10*time.Second; {
		time.Sleep(time.Millisecond)
	}
	stop()
	<-done
	var late, answered int
	for _, r := range byTick(t, rec.list(), "new", 5*time.Millisecond) {
		if r.Outcome != history.OK && r.Outcome != history.Unsent { // this machine was too busy
			t.Errorf("%+v", r)
		}
		if r.Intended > frozen && r.Intended < thawed {
			late++
			if r.Outcome == history.OK {
				answered++
			}
			if r.Outcome == history.OK && r.Done < thawed {
				t.Errorf("%s, due in the standstill that ended at %v, was answered at %v", r.ID, thawed, r.Done)
			}
		}
	}
	if want := int((thawed - frozen) / 5000); late < want-2 || answered == 0 {
		t.Errorf("%d requests in the standstill, %d of them answered; want %d", late, answered, want)
	}
}

// due tells whether a request was due after that.
func due(all []*history.Request, after history.Micros) bool {
	return slices.ContainsFunc(all, func(r *history.Request) bool { return r.Intended > after })
}

// waitStopped waits until a signal has stopped every thread of a process.
func waitStopped(t *testing.T, pid int) {
	t.Helper()
	for begin := time.Now(); !stopped(t, pid); time.Sleep(time.Millisecond) {
		if time.Since(begin) > 10*time.Second {
			t.Fatal("it was not stopped")
		}
	}
}

// stopped looks at the state of every thread (proc_pid_stat(5)).
func stopped(t *testing.T, pid int) bool {
	t.Helper()
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", pid))
	if err != nil || len(threads) == 0 {
		t.Fatalf("process %d has no threads: %v", pid, err)
	}
	for _, file := range threads {
		stat, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Contains(stat, []byte(") T ")) {
			return false
		}
	}
	return true
}
