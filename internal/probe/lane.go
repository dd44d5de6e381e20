package probe

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"halab/internal/history"
	"halab/internal/scenario"
)

// sender is what a lane does at each tick of its schedule.
type sender interface {
	// send sends a request, as far as that goes without waiting. It returns
	// what waits for the answer and concludes r, or nil when the request has
	// its outcome already.
	send(r *history.Request) (follow func())
	// end lets go of everything, when nothing is in flight any more.
	end()
}

// class is one traffic class.
type class struct {
	name string
	// interval is the time between two ticks; 0 when the traffic has no such
	// lane.
	interval func(t scenario.Traffic) time.Duration
	// regular says that a request is due exactly once an interval has passed:
	// the article's loop.
	regular bool
	sender  func(p *Prober, t scenario.Traffic) sender
	// hold is what a lane does instead that sends on no schedule but holds on
	// until ctx ends.
	hold func(ctx context.Context, p *Prober, t scenario.Traffic)
}

// classes are the traffic classes in the order in which they are reported.
func classes() []class {
	return []class{
		{name: history.PollLane, regular: true, interval: func(t scenario.Traffic) time.Duration {
			if poll := t.EffectivePoll(); poll != nil {
				return poll.IntervalD()
			}
			return 0
		}, sender: newSingle},
		{name: history.NewLane, interval: func(t scenario.Traffic) time.Duration {
			if t.New == nil {
				return 0
			}
			return every(t.New.Rate)
		}, sender: newSingle},
		{name: history.KeptLane, interval: func(t scenario.Traffic) time.Duration {
			if t.Kept == nil {
				return 0
			}
			return every(t.Kept.Rate)
		}, sender: newKept},
		{name: history.IdleLane, interval: func(t scenario.Traffic) time.Duration {
			if t.Idle == nil {
				return 0
			}
			return t.Idle.EveryD()
		}, sender: newIdle},
		{name: history.DownloadLane, interval: func(t scenario.Traffic) time.Duration {
			if t.Download == nil {
				return 0
			}
			return t.Download.LastsD() / time.Duration(t.Download.Conns())
		}, sender: newDownload},
		{name: history.UploadLane, interval: func(t scenario.Traffic) time.Duration {
			if t.Upload == nil {
				return 0
			}
			return t.Upload.LastsD() / time.Duration(t.Upload.Conns())
		}, sender: newUpload},
		{name: history.StreamLane, interval: func(t scenario.Traffic) time.Duration {
			if t.Stream == nil {
				return 0
			}
			return t.Stream.EveryD()
		}, hold: holdStreams},
		{name: history.TLSLane, interval: func(t scenario.Traffic) time.Duration {
			if t.TLS == nil {
				return 0
			}
			return every(t.TLS.Rate)
		}, sender: newTLS},
		{name: history.H2Lane, interval: func(t scenario.Traffic) time.Duration {
			if t.H2 == nil {
				return 0
			}
			return every(t.H2.Rate)
		}, sender: newH2},
	}
}

func every(rate float64) time.Duration { return time.Duration(float64(time.Second) / rate) }

// Lanes are the lanes of a scenario's traffic to a frontend with their
// schedule, in the order in which they are reported.
func Lanes(t scenario.Traffic, frontend string) []history.Lane {
	var out []history.Lane
	for _, c := range classes() {
		if d := c.interval(t); d > 0 {
			out = append(out, history.Lane{Name: history.LaneName(c.name, frontend), Interval: history.M(d)})
		}
	}
	return out
}

// lane is a class at work.
type lane struct {
	class
	sender
	p        *Prober
	inFlight atomic.Int64
	numbered atomic.Int64 // requests that were begun
}

// maxInFlight bounds the requests of a lane that wait for their answer; a
// tick beyond is recorded as unsent. At the default timeout of 10 s it is
// reached by a lane of 1,000 requests a second that gets no answer at all.
const maxInFlight = 10_000

// maxLate is how late a tick may come and still be sent. Later it is recorded
// as unsent: what it would meet is another moment, and its timeout, which
// counts from the intended time, would be held against the other side.
const maxLate = time.Second

// Run sends the traffic until ctx ends and returns when every request has its
// outcome, which takes at most the target's timeout.
func (p *Prober) Run(ctx context.Context, t scenario.Traffic) {
	p.spread.on.Store(t.Download != nil || t.Stream != nil)
	var pacers sync.WaitGroup
	var lanes []*lane
	for _, c := range classes() {
		interval := c.interval(t)
		if interval == 0 {
			continue
		}
		if c.hold != nil {
			pacers.Go(func() { c.hold(ctx, p, t) })
			continue
		}
		l := &lane{class: c, sender: c.sender(p, t), p: p}
		lanes = append(lanes, l)
		due := newSchedule(p.target.Seed, history.LaneName(c.name, p.target.Frontend), c.regular, time.Since(p.started), interval)
		pacers.Go(func() { pace(ctx, p.started, due, l.tick) })
		if spreads(c.name) {
			pacers.Go(func() {
				p.spread.fill(ctx, history.LaneName(c.name, p.target.Frontend), 0, holds(c.name, t), func() { l.tick(time.Since(p.started)) })
			})
		}
	}
	pacers.Wait()
	p.flight.Wait()
	for _, l := range lanes {
		l.end()
	}
}

// tick sends one request and leaves it to a goroutine of its own until it has
// its outcome: also when the traffic is over by then.
func (l *lane) tick(intended time.Duration) {
	r := l.p.issue(l.name, l.numbered.Add(1), history.M(intended))
	if late := time.Since(l.p.started) - intended; late > min(maxLate, l.p.target.Timeout/2) {
		l.p.unsent(r, fmt.Sprintf("the prober was %s late", late.Round(time.Millisecond)))
		return
	}
	if l.inFlight.Load() >= maxInFlight {
		l.p.unsent(r, fmt.Sprintf("%d requests were waiting for their answer", maxInFlight))
		return
	}
	l.p.spread.sent(r)
	follow := l.send(r)
	if follow == nil {
		l.p.spread.ended(r)
		l.p.emit(r)
		return
	}
	l.inFlight.Add(1)
	l.p.flight.Go(func() {
		follow()
		l.inFlight.Add(-1)
		l.p.spread.ended(r)
		l.p.emit(r)
	})
}

func (p *Prober) unsent(r *history.Request, why string) {
	r.Done, r.Outcome, r.Error = history.Since(p.started), history.Unsent, why
	p.emit(r)
}

// single sends each request on a connection of its own.
type single struct {
	p   *Prober
	ask *ask
}

func newSingle(p *Prober, _ scenario.Traffic) sender { return &single{p, p.page} }

func (s *single) begin(r *history.Request) *conn {
	c, err := s.p.open()
	if err == nil {
		if err = c.begin(r, s.ask, true); err == nil {
			return c
		}
		c.close()
	}
	s.p.conclude(r, err)
	return nil
}

func (s *single) follow(r *history.Request, c *conn) {
	c.follow(r)
	c.close()
}

func (s *single) end() {}
