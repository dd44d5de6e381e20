package probe

import (
	"errors"
	"os"
	"sync"
	"time"

	"halab/internal/history"
	"halab/internal/scenario"
)

// h2 is the lane h2: several requests at once on each kept connection. They
// go to the connections in turn.
type h2 struct {
	secure
	size int

	mu    sync.Mutex
	conns []*h2Conn // that take requests
	next  int
	ended []*h2Conn // whose goroutines may still run
}

func newH2(p *Prober, t scenario.Traffic) sender {
	return &h2{secure: newSecure(p, scenario.ALPNHTTP2), size: t.H2.Conns()}
}

// maxTries bounds how often a request is given another connection because the
// one that it had was gone before anything of it was written.
const maxTries = 3

// send gives the request a place on a connection. It is written by what
// follows: a new connection needs its handshake first.
func (h *h2) send(r *history.Request) func() {
	c, err := h.take()
	if err != nil {
		h.p.conclude(r, err)
		return nil
	}
	return func() { h.follow(r, c) }
}

func (h *h2) follow(r *history.Request, c *h2Conn) {
	late := time.NewTimer(time.Until(h.p.deadline(r)))
	defer late.Stop()
	for try := 1; ; try++ {
		s := &stream{c: c, r: r, done: make(chan error, 1), page: pageHead{want: h.p.pageType()}}
		err := c.roundTrip(s, late.C)
		// A connection that had been made and has ended takes no request;
		// any client would go to another one.
		if errors.Is(err, errGoneBefore) && try < maxTries {
			if c, err = h.take(); err == nil {
				continue
			}
		}
		h.p.conclude(r, err)
		return
	}
}

// take is the next connection with room for a request, which it reserves; a
// new one while there are fewer than the lane keeps, or where all are full:
// the schedule does not wait for answers.
func (h *h2) take() (*h2Conn, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.sweep()
	if len(h.conns) >= h.size {
		for range h.conns {
			h.next = (h.next + 1) % len(h.conns)
			if c := h.conns[h.next]; c.reserve() {
				return c, nil
			}
		}
	}
	raw, err := h.open()
	if err != nil {
		return nil, err
	}
	c := newH2Conn(h.p, raw, h.config)
	c.reserve()
	h.conns = append(h.conns, c)
	return c, nil
}

// sweep lets go of connections that take no request any more, and of one that
// is idle where there are more than the lane keeps.
func (h *h2) sweep() {
	left := h.conns[:0]
	for _, c := range h.conns {
		if c.takes() && !(len(h.conns) > h.size && len(left) >= h.size && c.retire()) {
			left = append(left, c)
			continue
		}
		h.ended = append(h.ended, c)
	}
	clear(h.conns[len(left):])
	h.conns = left
	running := h.ended[:0]
	for _, c := range h.ended {
		if !c.over() {
			running = append(running, c)
		}
	}
	clear(h.ended[len(running):])
	h.ended = running
}

// end closes the connections, on which nothing is in flight any more.
func (h *h2) end() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, c := range append(h.conns, h.ended...) {
		c.fail(os.ErrClosed)
		c.running.Wait()
	}
	h.conns, h.ended = nil, nil
}
