package rehearse

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"golang.org/x/sync/errgroup"

	"halab/internal/history"
)

// TestTurn: of two runs side by side with one turn between them, both labs
// exist at once, and never both have traffic.
func TestTurn(t *testing.T) {
	p := newPlace(t)
	turn := make(chan struct{}, 1)
	var ready sync.WaitGroup
	ready.Add(2)
	var traffic, most atomic.Int32
	group, ctx := errgroup.WithContext(t.Context())
	for range 2 {
		c := p.config(t, parse(t))
		c.Out = t.TempDir()
		c.Turn = func(ctx context.Context) (func(), error) {
			ready.Done() // waits for the other lab too: both are up before either goes on
			ready.Wait()
			turn <- struct{}{}
			return func() {
				traffic.Add(-1)
				<-turn
			}, nil
		}
		var sent atomic.Bool
		c.Watch = func(e history.Event) {
			if _, ok := e.(*history.Request); ok && !sent.Swap(true) {
				most.Store(max(most.Load(), traffic.Add(1)))
			}
		}
		group.Go(func() error { return Run(ctx, c) })
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	if most.Load() != 1 {
		t.Errorf("%d runs had traffic at once", most.Load())
	}
}

// TestTurnThatNeverComes: a run that is ended while it waits leaves nothing.
func TestTurnThatNeverComes(t *testing.T) {
	p := newPlace(t)
	c := p.config(t, parse(t))
	stop := errors.New("no turn")
	c.Turn = func(context.Context) (func(), error) { return nil, stop }
	var failed *LabError
	if err := Run(t.Context(), c); !errors.As(err, &failed) || !errors.Is(err, stop) {
		t.Errorf("%v, want a LabError with the reason", err)
	}
}
