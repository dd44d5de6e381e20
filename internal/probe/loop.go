package probe

import (
	"context"
	"sync"

	"halab/internal/history"
)

// Loop sends in a closed loop on connections side by side until ctx ends: each
// request waits for the answer to the one before, on a kept connection or on
// one of its own. It is there to measure what a request costs beside other
// load generators, and for nothing else: a closed loop goes quiet in an outage
// and so hides most of it.
func (p *Prober) Loop(ctx context.Context, connections int, keep bool) {
	var loops sync.WaitGroup
	for range connections {
		loops.Go(func() { p.loop(ctx, keep) })
	}
	loops.Wait()
}

func (p *Prober) loop(ctx context.Context, keep bool) {
	var c *conn
	for ctx.Err() == nil {
		r := p.issue("loop", p.seq.Add(1), history.Since(p.started))
		var err error
		if c == nil {
			c, err = p.open()
		}
		if err == nil {
			err = c.begin(r, p.page, !keep)
		}
		if err != nil {
			p.conclude(r, err)
		}
		if c != nil && (err != nil || !c.follow(r)) {
			c.close()
			c = nil
		}
		p.emit(r)
	}
	if c != nil {
		c.close()
	}
}
