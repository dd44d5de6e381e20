package probe

import (
	"sync"

	"halab/internal/history"
	"halab/internal/scenario"
)

// kept sends on reused connections. The one that has been idle the longest
// goes first, so that all are used in turn.
type kept struct {
	p    *Prober
	size int

	mu   sync.Mutex
	open int // connections that are idle or in use
	idle []*conn
}

func newKept(p *Prober, t scenario.Traffic) sender { return &kept{p: p, size: t.Kept.Conns()} }

// newIdle is the same with longer sleeps.
func newIdle(p *Prober, t scenario.Traffic) sender { return &kept{p: p, size: t.Idle.Conns()} }

// begin sends on an idle connection; on a new one while there are fewer than
// the lane keeps, or when none is idle: the schedule does not wait for
// answers.
func (k *kept) begin(r *history.Request) *conn {
	c, err := k.take(), error(nil)
	if c == nil {
		c, err = k.p.open()
	}
	if err == nil {
		if err = c.begin(r, k.p.page, false); err == nil {
			return c
		}
		c.close()
	}
	k.gone()
	k.p.conclude(r, err)
	return nil
}

func (k *kept) follow(r *history.Request, c *conn) {
	if !c.follow(r) || !k.put(c) {
		c.close()
		k.gone()
	}
}

// take is the next idle connection, or nil when a new one has to be made,
// which it counts.
func (k *kept) take() *conn {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.idle) == 0 || k.open < k.size {
		k.open++
		return nil
	}
	c := k.idle[0]
	k.idle = append(k.idle[:0], k.idle[1:]...)
	return c
}

// put gives a connection back, unless there are more than the lane keeps.
func (k *kept) put(c *conn) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.open > k.size {
		return false
	}
	k.idle = append(k.idle, c)
	return true
}

func (k *kept) gone() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.open--
}

// end closes the idle connections.
func (k *kept) end() {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, c := range k.idle {
		c.close()
	}
	k.idle, k.open = nil, k.open-len(k.idle)
}
