package history

import (
	"fmt"
	"os"
)

// Writer writes a history as it happens. Its methods may be called from many
// goroutines, and wait for no disk.
type Writer struct{ behind *Behind }

// Create makes the file at path, which must not exist, and writes into it.
func Create(path string) (*Writer, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, fmt.Errorf("create the history: %w", err)
	}
	return newWriter(f), nil
}

func newWriter(f *os.File) *Writer { return &Writer{NewBehind(f)} }

// Write appends one event. What goes wrong is told by Failed and Close, so
// that a sender in the middle of a request need not know what to do about a
// full disk.
func (w *Writer) Write(e Event) {
	_ = w.behind.append(func(buf []byte) ([]byte, error) { return appendEvent(buf, e) })
}

// Flush hands what was written to the operating system at once.
func (w *Writer) Flush() { w.behind.Flush() }

// Failed is closed when the history can no longer be written.
func (w *Writer) Failed() <-chan struct{} { return w.behind.Failed() }

// Close closes the file and returns the first error of all.
func (w *Writer) Close() error {
	if err := w.behind.Close(); err != nil {
		return fmt.Errorf("write the history: %w", err)
	}
	return nil
}
