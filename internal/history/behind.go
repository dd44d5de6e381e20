package history

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"time"
)

// Behind writes to a file behind the backs of those who hand it something: a
// disk that is busy holds up a write for seconds, and whoever waits for one
// sends no request, reads no answer and looks at nothing meanwhile. Its methods
// may be called from many goroutines.
type Behind struct {
	f    *os.File
	mu   sync.Mutex
	room sync.Cond // something was written, or failed
	buf  []byte    // what is to be written
	done int64     // bytes written or given up
	all  int64     // bytes handed over
	err  error
	fail chan struct{}
	wake chan struct{}
	stop chan struct{}
	over sync.WaitGroup
}

// flushEvery bounds what a kill of halab can lose, and wakeFrom is how much
// waits for it, in bytes.
const (
	flushEvery = 200 * time.Millisecond
	wakeFrom   = 1 << 18
)

// maxBehind is how much may wait for the disk, in bytes: over a minute of the
// densest traffic. More of it waits with who hands it over.
const maxBehind = 64 << 20

// NewBehind writes to f, which it closes.
func NewBehind(f *os.File) *Behind {
	b := &Behind{f: f, fail: make(chan struct{}), wake: make(chan struct{}, 1), stop: make(chan struct{})}
	b.room.L = &b.mu
	b.over.Go(b.write)
	return b
}

// Write hands text over. What goes wrong later is told by Failed and Close.
func (b *Behind) Write(text []byte) (int, error) {
	err := b.append(func(buf []byte) ([]byte, error) { return append(buf, text...), nil })
	if err != nil {
		return 0, err
	}
	return len(text), nil
}

// append hands over what add appends to what it is given.
func (b *Behind) append(add func([]byte) ([]byte, error)) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	for len(b.buf) > maxBehind && b.err == nil {
		b.room.Wait()
	}
	if b.err != nil {
		return b.err
	}
	before := len(b.buf)
	buf, err := add(b.buf)
	if err != nil {
		b.note(err)
		return b.err
	}
	b.buf = buf
	b.all += int64(len(buf) - before)
	if before < wakeFrom && len(buf) >= wakeFrom {
		b.rouse()
	}
	return nil
}

func (b *Behind) rouse() {
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// note keeps the first error. mu is held.
func (b *Behind) note(err error) {
	if err != nil && b.err == nil {
		b.err = err
		close(b.fail)
	}
}

// write writes until it is stopped, and then what is left.
func (b *Behind) write() {
	tick := time.NewTicker(flushEvery)
	defer tick.Stop()
	var spare []byte
	for stopped := false; !stopped; {
		select {
		case <-b.stop:
			stopped = true
		case <-b.wake:
		case <-tick.C:
		}
		spare = b.writeAll(spare[:0])
	}
}

// writeAll writes what there is while others fill spare, and returns the buffer
// that is empty again.
func (b *Behind) writeAll(spare []byte) []byte {
	b.mu.Lock()
	now := b.buf
	b.buf = spare
	failed := b.err != nil
	b.mu.Unlock()
	var err error
	if !failed && len(now) > 0 {
		_, err = b.f.Write(now)
	}
	b.mu.Lock()
	b.note(err)
	b.done += int64(len(now))
	b.room.Broadcast()
	b.mu.Unlock()
	if cap(now) > 4*wakeFrom {
		return nil // a stall is over: its memory goes
	}
	return now
}

// Flush hands what was written so far to the operating system, and waits for
// that.
func (b *Behind) Flush() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for upTo := b.all; b.done < upTo && b.err == nil; {
		b.rouse()
		b.room.Wait()
	}
}

// Failed is closed when the file can no longer be written.
func (b *Behind) Failed() <-chan struct{} { return b.fail }

// Close writes what is left, closes the file and returns the first error of
// all.
func (b *Behind) Close() error {
	close(b.stop)
	b.over.Wait()
	b.mu.Lock()
	defer b.mu.Unlock()
	err := b.err
	if cerr := b.f.Close(); cerr != nil {
		err = errors.Join(err, fmt.Errorf("close: %w", cerr))
	}
	return err
}
