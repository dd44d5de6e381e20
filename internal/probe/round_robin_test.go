package probe

import (
	"context"
	"fmt"
	"net"
	"sync"
	"testing"
	"time"

	"halab/internal/haproxy/haproxytest"
	"halab/internal/history"
	"halab/internal/scenario"
)

const twoServers = `
global
	stats socket DIR/admin.sock mode 600 level admin
defaults
	mode http
	timeout connect 5s
	timeout client 10s
	timeout server 10s
	retries 0
frontend app
	bind fd@3
	default_backend bk_app
backend bk_app
	balance roundrobin
	http-response set-header X-Halab-Server %%b/%%s
	server nginx2 %s
	server nginx1 %s
`

// Lanes of one rate beside round robin over two servers, one of which is dead,
// each lose some of what it cost: they begin their intervals a fifth apart, where
// metronomes would take turns as the servers do, so that one lane lost everything
// and the other nothing.
func TestLanesBesideRoundRobin(t *testing.T) {
	dead, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	refuses := dead.Addr().String()
	if err := dead.Close(); err != nil {
		t.Fatal(err)
	}
	haproxytest.Each(t, func(t *testing.T, h haproxytest.HAProxy) {
		s := serve(t, script(request, say(plainHead+pageText)))
		l := haproxytest.Listen(t)
		h.Start(t, fmt.Sprintf(twoServers, s.addr, refuses), l)
		rec := &records{}
		p := New(target(l.Addr().String()), time.Now(), rec.emit)
		ctx, stop := context.WithTimeout(t.Context(), 3*time.Second)
		defer stop()
		const interval = 20 * time.Millisecond
		var lanes sync.WaitGroup
		for i, name := range []string{"new@a", "new@b"} {
			one := &lane{class: class{name: name}, sender: newSingle(p, scenario.Traffic{}), p: p}
			due := newSchedule(1, name, false, 50*time.Millisecond+time.Duration(i)*interval/5, interval)
			lanes.Go(func() { pace(ctx, p.started, due, one.tick) })
		}
		lanes.Wait()
		p.flight.Wait()
		shares := []float64{lost(rec.list(), "new@a"), lost(rec.list(), "new@b")}
		for i, share := range shares {
			if share < 0.1 || share > 0.9 { // 32 % and 68 % are likely, and each has a standard error of 4 percentage points
				t.Errorf("lane %d lost a share of %.2f, want neither all nor nothing", i+1, share)
			}
		}
	})
}

// lost is the share of a lane's requests that HAProxy answered itself.
func lost(all []*history.Request, lane string) float64 {
	var n, lost float64
	for _, r := range all {
		switch {
		case r.Lane != lane:
		case r.Outcome == history.OK:
			n++
		case r.Outcome == history.Proxy5xx:
			n, lost = n+1, lost+1
		}
	}
	return lost / max(1, n)
}
