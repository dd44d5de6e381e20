package main

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// Ctrl-C ends a command that waits for somebody to write what it is to read.
func TestInterruptedWhileReading(t *testing.T) {
	fifo := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"validate", "-"}, {"validate", fifo}, {"run", fifo}, {"plan", "-"}, {"verify", fifo}, {"report", fifo}} {
		ctx, cancel := context.WithCancel(t.Context())
		stdin, never := io.Pipe()
		var stderr strings.Builder
		done := make(chan int)
		go func() { done <- run(ctx, args, stdin, io.Discard, &stderr) }()
		cancel()
		if code := <-done; code != codeLab || !strings.Contains(stderr.String(), "interrupted") {
			t.Errorf("halab %s: exit code %d, want %d; it said %q", strings.Join(args, " "), code, codeLab, stderr.String())
		}
		_ = never.Close()
		release(fifo)
	}
}

// release lets go whoever still waits for the FIFO.
func release(fifo string) {
	f, err := os.OpenFile(fifo, os.O_WRONLY|syscall.O_NONBLOCK, 0)
	if err == nil {
		_ = f.Close()
	}
}
