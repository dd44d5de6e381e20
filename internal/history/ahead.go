package history

import (
	"errors"
	"io"
	"sync"
)

// Ahead reads a history on a goroutine of its own, some events ahead of who
// asks for them, so that a long history is decoded on one core while it is
// judged on another.
type Ahead struct {
	batches chan []read
	now     []read
	stop    chan struct{}
	close   func()
	done    sync.WaitGroup
}

// read is what one call of Reader.Next gave.
type read struct {
	event Event
	err   error
}

// batch is how many events change hands at once, and ahead how many batches
// wait: about half a megabyte in all.
const (
	batch = 256
	ahead = 4
)

// NewAhead reads from r, which it does not close. It has to be closed.
func NewAhead(r io.Reader) *Ahead {
	a := &Ahead{batches: make(chan []read, ahead), stop: make(chan struct{})}
	a.close = sync.OnceFunc(func() { close(a.stop) })
	a.done.Go(func() { a.fill(NewReader(r)) })
	return a
}

func (a *Ahead) fill(r *Reader) {
	defer close(a.batches)
	for more := true; more; {
		next := make([]read, 0, batch)
		for len(next) < batch && more {
			e, err := r.Next()
			next = append(next, read{e, err})
			var foreign *Error
			more = err == nil || errors.As(err, &foreign)
		}
		select {
		case a.batches <- next:
		case <-a.stop:
			return
		}
	}
}

// Next is Reader.Next. After an error that is no *Error it returns io.EOF.
func (a *Ahead) Next() (Event, error) {
	if len(a.now) == 0 {
		next, ok := <-a.batches
		if !ok {
			return nil, io.EOF
		}
		a.now = next
	}
	first := a.now[0]
	a.now = a.now[1:]
	return first.event, first.err
}

// Close ends the reading and returns when nothing of r is read any more. It
// may be called more than once.
func (a *Ahead) Close() {
	a.close()
	a.done.Wait()
}
