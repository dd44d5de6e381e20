package history

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"
)

// Writer writes a history as it happens. Its methods may be called from many
// goroutines.
type Writer struct {
	mu   sync.Mutex
	f    *os.File
	out  *bufio.Writer
	buf  []byte
	err  error
	fail chan struct{}
	stop chan struct{}
	done sync.WaitGroup
}

// flushEvery bounds what a kill of halab can lose.
const flushEvery = 200 * time.Millisecond

// Create makes the file at path, which must not exist, and writes into it.
func Create(path string) (*Writer, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, fmt.Errorf("create the history: %w", err)
	}
	return newWriter(f), nil
}

func newWriter(f *os.File) *Writer {
	w := &Writer{f: f, out: bufio.NewWriterSize(f, 1<<18), fail: make(chan struct{}), stop: make(chan struct{})}
	w.done.Go(w.flusher)
	return w
}

func (w *Writer) flusher() {
	tick := time.NewTicker(flushEvery)
	defer tick.Stop()
	for {
		select {
		case <-w.stop:
			return
		case <-tick.C:
			w.mu.Lock()
			w.note(w.out.Flush())
			w.mu.Unlock()
		}
	}
}

// note keeps the first error.
func (w *Writer) note(err error) {
	if err != nil && w.err == nil {
		w.err = fmt.Errorf("write the history: %w", err)
		close(w.fail)
	}
}

// Write appends one event. What goes wrong is told by Failed and Close, so
// that a sender in the middle of a request need not know what to do about a
// full disk.
func (w *Writer) Write(e Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil {
		return
	}
	var err error
	if w.buf, err = appendEvent(w.buf[:0], e); err == nil {
		_, err = w.out.Write(w.buf)
	}
	w.note(err)
}

// Flush hands what was written to the operating system at once.
func (w *Writer) Flush() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.note(w.out.Flush())
}

// Failed is closed when the history can no longer be written.
func (w *Writer) Failed() <-chan struct{} { return w.fail }

// Close flushes and closes the file and returns the first error of all.
func (w *Writer) Close() error {
	close(w.stop)
	w.done.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.note(w.out.Flush())
	err := w.err
	if cerr := w.f.Close(); cerr != nil {
		err = errors.Join(err, fmt.Errorf("close the history: %w", cerr))
	}
	return err
}
