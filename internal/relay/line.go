package relay

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"
)

// direction is one of the two of a connection.
type direction int

const (
	toServer direction = iota
	toClient
)

// line is the way that all connections of a relay share.
type line struct {
	mu            sync.Mutex
	delay, jitter time.Duration
	rate          int64 // bytes a second in each direction; 0: any
	held          bool
	free          [2]time.Time  // when what a direction has been given has arrived
	changed       chan struct{} // closed when any of it changes
}

func newLine() *line { return &line{changed: make(chan struct{})} }

func (l *line) change(what func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	what()
	close(l.changed)
	l.changed = make(chan struct{})
}

func (l *line) setDelay(delay, jitter time.Duration) {
	l.change(func() { l.delay, l.jitter = delay, jitter })
}

func (l *line) setRate(rate int64) {
	l.change(func() { l.rate, l.free = rate, [2]time.Time{} })
}

func (l *line) hold(held bool) { l.change(func() { l.held = held }) }

func (l *line) heal() {
	l.change(func() { l.delay, l.jitter, l.rate, l.held, l.free = 0, 0, 0, false, [2]time.Time{} })
}

// slices is how many pieces a second a narrow line carries, so that many
// connections share it evenly.
const slices = 50

// arrive waits until the first of n bytes that were sent at this time have
// arrived, and returns how many. n may be 0: the end of what is sent. luck,
// from -1 to 1, is this piece's share of the jitter.
func (l *line) arrive(ctx context.Context, d direction, sent time.Time, luck float64, n int) (int, error) {
	if err := l.travel(ctx, d, sent, luck); err != nil {
		return 0, err
	}
	size, until, changed := l.take(d, n)
	if err := wait(ctx, until, changed); err != nil {
		return 0, err
	}
	return size, l.travel(ctx, d, sent, luck) // it may have been cut meanwhile
}

// travel waits for as long as the way takes, and while it is cut.
func (l *line) travel(ctx context.Context, d direction, sent time.Time, luck float64) error {
	for {
		l.mu.Lock()
		until, held, changed := sent, l.held, l.changed
		if d == toClient {
			until = sent.Add(l.delay + time.Duration(luck*float64(l.jitter)))
		}
		l.mu.Unlock()
		switch {
		case held:
			select {
			case <-changed:
			case <-ctx.Done():
				return ctx.Err()
			}
		case !time.Now().Before(until):
			return nil
		default:
			if err := wait(ctx, until, changed); err != nil {
				return err
			}
		}
	}
}

// take gives a piece of n bytes its turn on a narrow line.
func (l *line) take(d direction, n int) (size int, until time.Time, changed <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	if l.rate == 0 || n == 0 {
		return n, now, l.changed
	}
	size = int(min(int64(n), max(1, l.rate/slices)))
	begin := l.free[d]
	if begin.Before(now) {
		begin = now
	}
	l.free[d] = begin.Add(time.Duration(float64(size) / float64(l.rate) * float64(time.Second)))
	return size, l.free[d], l.changed
}

// wait waits until then, or for a change.
func wait(ctx context.Context, then time.Time, changed <-chan struct{}) error {
	d := time.Until(then)
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-changed:
	case <-ctx.Done():
	}
	return ctx.Err()
}

func luck() float64 { return 2*rand.Float64() - 1 }
