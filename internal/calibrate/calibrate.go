// Package calibrate owns the measurement of the instrument itself: whole
// outages of known length are made in a lab, and the share of them that the
// prober saw is set beside the share that it should see.
//
// It never judges an upgrade, and starts no lab of its own.
package calibrate

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"sync"
	"time"

	"halab/internal/haproxy"
	"halab/internal/haproxy/adminsock"
	"halab/internal/history"
	"halab/internal/probe"
	"halab/internal/scenario"
)

// Scenario is the lab that is calibrated in: one server without checks, so
// that an outage begins and ends with a command and nothing else.
const Scenario = `apiVersion: halab/v1
name: calibrate
teaches: How long an outage has to be for the prober to see it.
haproxy: {version: "2.6"}
backends:
  - name: bk_app
    servers:
      - {name: nginx1, address: 127.0.0.1:81, nginx: 1.22.1}
frontends:
  - {name: app, bind: ":80", default_backend: bk_app}
traffic:
  poll: {interval: 2s}
`

// server is the one of Scenario.
var server = haproxy.ServerRef{Backend: "bk_app", Server: "nginx1"}

// Lab is where outages are made.
type Lab struct {
	Admin  *adminsock.Client
	Target probe.Target
}

// Cell is what was found at one rate and one length.
type Cell struct {
	Rate    float64        `json:"rate"`      // probes a second
	Length  history.Micros `json:"length_us"` // mean length of the outages, as measured
	Outages int            `json:"outages"`
	Seen    int            `json:"seen"`
	// Skipped outages are not among these: their start or end is not known
	// well enough, because the machine was busy.
	Skipped  int     `json:"skipped"`
	Expected float64 `json:"expected"` // mean of history.SeenBy
}

// Share is the share of the outages that was seen.
func (c Cell) Share() float64 { return float64(c.Seen) / float64(max(1, c.Outages)) }

// Off is by how much the share differs from the expected one, in percentage
// points.
func (c Cell) Off() float64 { return 100 * math.Abs(c.Share()-c.Expected) }

// MaxOff is by how many percentage points a share may differ from the expected
// one at the least; see Allowed.
const MaxOff = 5

// Allowed is by how many percentage points the share may differ. Whether a
// request was due within an outage is chance, so of n outages the share has a
// standard error of √(p(1−p)/n), and three of them are allowed (a share lies
// further off once in 370 times).
func (c Cell) Allowed() float64 {
	p, n := c.Expected, float64(max(1, c.Outages))
	return max(MaxOff, 300*math.Sqrt(p*(1-p)/n))
}

// Doubt says why a cell of which n outages were wanted shows nothing, or "".
func (c Cell) Doubt(n int) string {
	switch {
	case c.Outages < (n+1)/2:
		return fmt.Sprintf("only %d of %d outages could be timed accurately: the machine is too busy", c.Outages, n)
	case c.Off() > c.Allowed():
		return fmt.Sprintf("the share that was seen is %.1f percentage points off; %.1f are allowed", c.Off(), c.Allowed())
	}
	return ""
}

// The grid: lengths are given as shares of the time between two probes, from
// rarely seen to always seen. At rates above these the two commands that make
// an outage take a large part of its length.
var (
	rates  = []float64{25, 50, 100}
	shares = []float64{0.25, 0.5, 0.75, 1.25}
)

// Run measures every cell with n outages each and hands each out when it is
// done.
func Run(ctx context.Context, lab Lab, n int, done func(Cell)) ([]Cell, error) {
	var cells []Cell
	for _, rate := range rates {
		for _, share := range shares {
			c, err := measure(ctx, lab, rate, share, n)
			if err != nil {
				return cells, fmt.Errorf("calibrate at %g/s: %w", rate, err)
			}
			cells = append(cells, c)
			done(c)
		}
	}
	return cells, nil
}

// watcher notes the failed requests by when they were sent.
type watcher struct {
	mu  sync.Mutex
	bad []history.Micros
}

func (w *watcher) event(e history.Event) {
	if r, ok := e.(*history.Request); ok && r.Outcome != history.OK {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.bad = append(w.bad, r.Sent)
	}
}

// outage is when one was.
type outage struct{ from, to history.Micros }

func measure(ctx context.Context, lab Lab, rate, share float64, n int) (Cell, error) {
	w := &watcher{}
	target := lab.Target
	target.Seed = rand.Uint64()
	started := time.Now()
	traffic, stop := context.WithCancel(ctx)
	defer stop()
	var sending sync.WaitGroup
	sending.Go(func() {
		probe.New(target, started, w.event).Run(traffic, scenario.Traffic{New: &scenario.New{Rate: rate}})
	})
	outages, skipped, err := inject(ctx, flips(lab.Admin, started), started, time.Duration(float64(time.Second)/rate), share, n)
	stop()
	sending.Wait()
	c := tally(rate, outages, w.bad)
	c.Skipped = skipped
	return c, err
}

// golden is the fraction of the golden ratio: its multiples fall evenly into
// the interval, so a few outages try every phase of the schedule.
const golden = 0.6180339887498949

// known is the share of the time between two probes that the exchange with the
// stats socket may take for an outage's start or end to be known: it lies
// somewhere within.
const known = 10

// inject makes n outages, each at another phase of the probes' schedule. One
// whose start or end is not known well enough is made up for, up to n times.
func inject(ctx context.Context, set flip, started time.Time, period time.Duration, share float64, n int) (out []outage, skipped int, err error) {
	next := time.Since(started) + 2*period
	for i := 0; len(out) < n && skipped < n; i++ {
		_, phase := math.Modf(float64(i) * golden)
		begin := next + time.Duration(phase*float64(period))
		if err := sleep(ctx, begin-time.Since(started)); err != nil {
			return out, skipped, err
		}
		from, took, err := set(ctx, haproxy.Maint)
		if err != nil {
			return out, skipped, err
		}
		if err := sleep(ctx, from.D()+time.Duration(share*float64(period))-time.Since(started)); err != nil {
			return out, skipped, err
		}
		to, tookToo, err := set(ctx, haproxy.Ready)
		if err != nil {
			return out, skipped, err
		}
		if max(took, tookToo) > period/known {
			skipped++
		} else {
			out = append(out, outage{from, to})
		}
		// A whole number of periods on, so that the phase stays what it was.
		next += (2 + time.Duration(math.Ceil(share))) * period
		if late := time.Since(started) - next; late > 0 {
			next += (late/period + 1) * period
		}
	}
	return out, skipped, nil
}

// flip sets the server's state and returns when that took effect, in the
// middle of the exchange give or take its half, and how long the exchange took.
type flip func(ctx context.Context, state haproxy.ServerAction) (history.Micros, time.Duration, error)

func flips(admin *adminsock.Client, started time.Time) flip {
	return func(ctx context.Context, state haproxy.ServerAction) (history.Micros, time.Duration, error) {
		before := time.Since(started)
		_, err := admin.Command(ctx, "set server "+server.String()+" state "+string(state))
		after := time.Since(started)
		return history.M((before + after) / 2), after - before, err
	}
}

// tally counts the outages in which a failed request was sent. A request is
// with HAProxy a moment after it was sent, so the ends are a little soft.
func tally(rate float64, outages []outage, bad []history.Micros) Cell {
	const soft = history.Micros(1000)
	c := Cell{Rate: rate, Outages: len(outages)}
	for _, o := range outages {
		c.Length += (o.to - o.from) / history.Micros(max(1, len(outages)))
		c.Expected += history.SeenBy(time.Duration(float64(time.Second)/rate), (o.to-o.from).D()) / float64(len(outages))
		for _, sent := range bad {
			if sent >= o.from-soft && sent <= o.to+soft {
				c.Seen++
				break
			}
		}
	}
	return c
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
