package software

import (
	"context"
	"errors"
	"sync"
)

// memo remembers the outcome of a call by its key, and lets callers that come
// meanwhile wait for the one under way. A call that ended with its caller's
// context is forgotten. The zero value is ready.
type memo[T any] struct {
	mu    sync.Mutex
	calls map[string]*call[T]
}

type call[T any] struct {
	done  chan struct{}
	value T
	err   error
}

// do returns the outcome of f for the key, calling f at most once at a time.
func (m *memo[T]) do(ctx context.Context, key string, f func(context.Context) (T, error)) (T, error) {
	for {
		c, mine := m.join(key)
		if mine {
			c.value, c.err = f(ctx)
			if ctx.Err() != nil && c.err != nil {
				m.forget(key)
			}
			close(c.done)
			return c.value, c.err
		}
		select {
		case <-c.done:
		case <-ctx.Done():
			var none T
			return none, ctx.Err()
		}
		if !errors.Is(c.err, context.Canceled) && !errors.Is(c.err, context.DeadlineExceeded) {
			return c.value, c.err
		}
		if m.holds(key, c) {
			return c.value, c.err
		}
	}
}

// join returns the call under way or done for the key, or starts one.
func (m *memo[T]) join(key string) (c *call[T], mine bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if c, ok := m.calls[key]; ok {
		return c, false
	}
	if m.calls == nil {
		m.calls = map[string]*call[T]{}
	}
	c = &call[T]{done: make(chan struct{})}
	m.calls[key] = c
	return c, true
}

func (m *memo[T]) forget(key string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.calls, key)
}

func (m *memo[T]) holds(key string, c *call[T]) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.calls[key] == c
}
