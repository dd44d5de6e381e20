package probe

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"halab/internal/history"
	"halab/internal/render"
	"halab/internal/scenario"
)

var (
	// errWrongMessage is a message that is not the one that had to come next.
	errWrongMessage = errors.New("a message is missing, doubled or wrong")
	// errEnded is an orderly end of a stream for which nobody had asked.
	errEnded = fmt.Errorf("the other side ended the stream: %w", io.ErrUnexpectedEOF)
)

// streams is the lane stream. Each stream is one request, from its opening to
// its end, and bytes of messages are the body: those that were to come and
// those that came, up to the first that was wrong. One that is lost is
// followed by another, so that the lane goes on.
type streams struct {
	p      *Prober
	every  time.Duration
	opened atomic.Int64
}

// holdStreams holds the streams until ctx ends, and returns when all have
// ended. Half of them are WebSockets; of an odd number, the greater half.
func holdStreams(ctx context.Context, p *Prober, t scenario.Traffic) {
	s := &streams{p: p, every: t.Stream.EveryD()}
	began := time.Since(p.started)
	var all sync.WaitGroup
	n := t.Stream.Conns()
	for i := range n {
		kind := s.websocket
		if i%2 == 1 {
			kind = s.events
		}
		all.Go(func() { s.keep(ctx, began+s.every*time.Duration(i)/time.Duration(n), kind) })
	}
	more := n
	p.spread.fill(ctx, history.LaneName(history.StreamLane, p.target.Frontend), n, n, func() {
		kind := s.websocket
		if more++; more%2 == 0 {
			kind = s.events
		}
		all.Go(func() { s.keep(ctx, time.Since(p.started), kind) })
	})
	if end := p.target.EndStreams; end != nil {
		end()
	}
	all.Wait()
}

// held carries one stream on a connection to its end. It is nil when the
// prober ended it and nothing was missing until then.
type held func(ctx context.Context, r *history.Request, c *conn) error

// keep holds one stream after the other. The next one is opened where a
// message of the last one would have been due.
func (s *streams) keep(ctx context.Context, next time.Duration, kind held) {
	for sleepUntil(ctx, s.p.started, next) {
		s.one(ctx, next, kind)
		over := time.Since(s.p.started) - next
		next += (over/s.every + 1) * s.every
	}
}

func (s *streams) one(ctx context.Context, intended time.Duration, kind held) {
	n := s.opened.Add(1)
	r := s.p.issue(history.StreamLane, n, history.M(intended))
	if late := time.Since(s.p.started) - intended; late > min(maxLate, s.p.target.Timeout/2) {
		s.p.unsent(r, fmt.Sprintf("the prober was %s late", late.Round(time.Millisecond)))
		return
	}
	s.p.spread.sent(r)
	defer s.p.spread.ended(r)
	c, err := s.p.open()
	if err == nil {
		err = kind(ctx, r, c)
		c.head.more = nil
		c.close()
	}
	s.p.ended(r, err)
	s.p.emit(r)
}

// shake writes the request of a stream and reads the head of its answer,
// within the time that any answer may take. Any other status than the one
// that begins the stream is read to its end.
func (c *conn) shake(r *history.Request, head []byte, status int) error {
	c.ask, c.last, c.sent = &ask{right: only(pattern(0))}, true, 0
	c.out = append(c.out[:0], head...)
	err := c.file.SetDeadline(c.p.deadline(r))
	if err == nil {
		err = c.writeRest(r)
	}
	if err == nil {
		err = c.receiveHead(r)
	}
	switch {
	case err != nil:
		return err
	case r.Status == status:
		return nil
	case r.Status != 200:
		err = c.receiveBody(r)
	}
	return errors.Join(errBadStatus, err)
}

// inbox checks the messages of a stream as they come.
type inbox struct {
	c    *conn
	r    *history.Request
	n    int64 // messages that came
	last history.Micros
	want []byte // the next message
}

func newInbox(c *conn, r *history.Request) *inbox {
	return &inbox{c: c, r: r, last: r.First, want: render.StreamMessage(nil, r.ID, 1)}
}

// next gives the next message its time.
func (b *inbox) next() error {
	return b.c.file.SetReadDeadline(time.Now().Add(b.c.p.target.Timeout))
}

// take takes a message, which has to be the next one.
func (b *inbox) take(message []byte) error {
	now := history.Since(b.c.p.started)
	if now-b.last > b.r.Quiet {
		b.r.Quiet, b.r.QuietFrom = now-b.last, b.last
	}
	b.last = now
	if string(message) != string(b.want) {
		return fmt.Errorf("%w: %.80q came for %.80q", errWrongMessage, message, b.want)
	}
	b.r.Got += int64(len(message))
	b.n++
	b.want = render.StreamMessage(b.want[:0], b.r.ID, b.n+1)
	return nil
}
