package history

import (
	"io"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
)

// stuck is a file of which no write comes to its end until it is read.
func stuck(t *testing.T) (r, w *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	return r, w
}

// Who writes does not wait for a disk that stands still, and nothing of what
// was handed over meanwhile is lost.
func TestBehindAStuckDisk(t *testing.T) {
	r, f := stuck(t)
	defer r.Close()
	b := NewBehind(f)
	line := []byte(strings.Repeat("x", 99) + "\n")
	const lines = 100_000 // ten megabytes: a pipe holds 64 KiB
	var writers sync.WaitGroup
	for range 4 {
		writers.Go(func() {
			for range lines / 4 {
				if _, err := b.Write(line); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	writers.Wait() // it never ends where Write waits for the file
	got := make(chan int64, 1)
	go func() { n, _ := io.Copy(io.Discard, r); got <- n }()
	b.Flush()
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	if n := <-got; n != lines*100 {
		t.Errorf("%d bytes of %d", n, lines*100)
	}
}

// What waits is bounded: who hands over more waits for the disk then.
func TestBehindIsBounded(t *testing.T) {
	r, f := stuck(t)
	b := NewBehind(f)
	const pieces = 3 * maxBehind >> 20
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range pieces {
			_, _ = b.Write(make([]byte, 1<<20))
			b.mu.Lock()
			if n := len(b.buf); n > maxBehind+1<<20 {
				t.Errorf("%d bytes wait", n)
			}
			b.mu.Unlock()
		}
	}()
	for full := false; !full; runtime.Gosched() {
		b.mu.Lock()
		full = len(b.buf) > maxBehind // and there it stays
		b.mu.Unlock()
	}
	n, _ := io.Copy(io.Discard, io.LimitReader(r, pieces<<20))
	<-done
	if err := b.Close(); err != nil || n != pieces<<20 {
		t.Errorf("%d bytes, %v", n, err)
	}
	_ = r.Close()
}

// Flush returns, and a writer that waits goes on, when the file fails.
func TestBehindFails(t *testing.T) {
	r, f := stuck(t)
	b := NewBehind(f)
	_ = r.Close() // a broken pipe
	for range 200 {
		_, _ = b.Write(make([]byte, 1<<20))
	}
	b.Flush()
	<-b.Failed()
	if _, err := b.Write([]byte("x")); err == nil {
		t.Error("Write after a failure says nothing")
	}
	if err := b.Close(); err == nil {
		t.Error("Close says nothing")
	}
}
