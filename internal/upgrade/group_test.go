package upgrade_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"halab/internal/haproxy/haproxytest"
	"halab/internal/upgrade"
)

// occupy leaves a session on one of the servers, which never answers, and
// returns that one and the other.
func (b *bench) occupy(t *testing.T) (busy, idle string) {
	t.Helper()
	client, err := net.Dial("tcp", b.front)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	if _, err := fmt.Fprint(client, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	for {
		switch {
		case b.stat(t, "a").Scur > 0:
			return "a", "b"
		case b.stat(t, "b").Scur > 0:
			return "b", "a"
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// A step that stands for several has its timeout for all of them together, and
// what goes on then fails by it, in its name.
func TestGroupTimeout(t *testing.T) {
	haproxytest.Each(t, func(t *testing.T, h haproxytest.HAProxy) {
		b := newBench(t, h)
		busy, idle := b.occupy(t)
		for _, c := range []struct {
			step string
			ends int // steps that fail by it
		}{
			{"rolling: {servers: [bk/" + busy + "], nginx: 1.22.1, drain: 1h}", 1},
			{"canary: {server: bk/" + idle + ", weights: [1], hold: 1h}", 1},
			{"blue_green: {blue: [bk/" + busy + "], green: [bk/" + idle + "], drain: 1h}", 1},
			{"repeat: {times: 1000, steps: [{wait: 60ms}]}", 1},
			{"parallel: {steps: [{wait: 1h}, {repeat: {times: 1000, steps: [{wait: 60ms}]}}]}", 2},
		} {
			ctx, cancel := context.WithTimeoutCause(t.Context(), 3*time.Second, errors.New("nothing bounds it"))
			got, err := b.carryOut(t, ctx, c.step+"\n    timeout: 200ms", "wait: 1ms")
			cancel()
			want := c.step + " not done within 200ms"
			var failed *upgrade.Error
			if !errors.As(err, &failed) || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v", c.step, err)
			}
			if ends := strings.Count(strings.Join(got, "\n"), " end  "+want); ends != c.ends {
				t.Errorf("%s: %d steps have failed by it, want %d: %q", c.step, ends, c.ends, got)
			}
			if _, err := b.carryOut(t, t.Context(), "repeat: {times: 2, steps: [{ready: bk/"+busy+"}]}\n    timeout: 10s", "wait: 1ms"); err != nil {
				t.Errorf("what is done in time: %v", err)
			}
		}
	})
}

// A step that fails ends what runs beside it, which has not failed, also where
// it fails by the time of a group of its own.
func TestGroupTimeoutInALane(t *testing.T) {
	b := &bench{}
	got, err := b.carryOut(t, t.Context(), "parallel: {steps: [{wait: 1h}, {repeat: {times: 1, steps: [{wait: 1h}]}, timeout: 100ms}]}")
	if err == nil || !strings.Contains(err.Error(), "step 2 (steps.yaml:13) wait: 1h: repeat: {times: 1, steps: [{wait: 1h}]} not done within 100ms") {
		t.Errorf("%v", err)
	}
	if ends := strings.Count(strings.Join(got, "\n"), " end "); ends != 1 {
		t.Errorf("%q", got)
	}
}
