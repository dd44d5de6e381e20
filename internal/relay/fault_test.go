package relay

import (
	"bytes"
	"errors"
	"io"
	"net"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// TestDelay delays what the server sends and not what it gets, and heals what
// is on its way.
func TestDelay(t *testing.T) {
	r, s := relayed(t)
	client, end := join(t, r, s)
	r.Delay(80*time.Millisecond, 10*time.Millisecond)
	for range 3 {
		begin := time.Now()
		write(t, client, "question")
		wantText(t, end, "question")
		write(t, end, "answer")
		wantText(t, client, "answer")
		if took := time.Since(begin); took < 70*time.Millisecond {
			t.Errorf("an answer took %s", took)
		}
	}
	r.Delay(time.Hour, 0)
	write(t, end, "late")
	_ = end.CloseWrite()
	wantQuiet(t, client)
	if err := r.Heal(); err != nil {
		t.Fatal(err)
	}
	wantText(t, client, "late")
	if n, err := client.Read(make([]byte, 1)); n > 0 || !errors.Is(err, io.EOF) {
		t.Errorf("%d bytes, %v, want the end", n, err)
	}
}

// TestOrder: what is delayed by chance arrives in order all the same.
func TestOrder(t *testing.T) {
	r, s := relayed(t)
	client, end := join(t, r, s)
	r.Delay(5*time.Millisecond, 5*time.Millisecond)
	var want strings.Builder
	for i := range 50 {
		text := strings.Repeat(string(rune('A'+i)), 3)
		want.WriteString(text)
		write(t, end, text)
		time.Sleep(time.Millisecond / 2)
	}
	wantText(t, client, want.String())
}

// TestLimit shares the rate among all connections, in each direction.
func TestLimit(t *testing.T) {
	r, s := relayed(t)
	const rate, size = 200_000, 20_000
	r.Limit(rate)
	text := strings.Repeat("x", size)
	begin := time.Now()
	var all sync.WaitGroup
	for range 2 {
		client, end := join(t, r, s)
		for _, way := range [][2]*net.TCPConn{{client, end}, {end, client}} {
			all.Go(func() {
				if _, err := io.WriteString(way[0], text); err != nil {
					t.Error(err)
				}
			})
			all.Go(func() {
				if err := readFull(way[1], make([]byte, size)); err != nil {
					t.Error(err)
				}
			})
		}
	}
	all.Wait()
	if took := time.Since(begin); took < 2*size*time.Second/rate {
		t.Errorf("%d bytes in each direction took %s at %d a second", 2*size, took, rate)
	}
	client, end := join(t, r, s)
	r.Limit(1)
	write(t, end, text)
	if err := r.Heal(); err != nil {
		t.Fatal(err)
	}
	wantText(t, client, text)
}

// TestCut: what is sent does not arrive and who wants in gets no answer, until
// it heals; then everything arrives that was sent meanwhile, ends as well.
func TestCut(t *testing.T) {
	r, s := relayed(t)
	client, end := join(t, r, s)
	other, otherEnd := join(t, r, s)
	for range 2 {
		if err := r.Cut(); err != nil {
			t.Fatal(err)
		}
		write(t, client, "to the server")
		write(t, end, "to the client")
		_ = other.Close()
		wantQuiet(t, end)
		wantQuiet(t, client)
		wantNoAnswer(t, r)
		if err := r.Heal(); err != nil {
			t.Fatal(err)
		}
		wantText(t, end, "to the server")
		wantText(t, client, "to the client")
	}
	if n, err := otherEnd.Read(make([]byte, 1)); n > 0 || !errors.Is(err, io.EOF) {
		t.Errorf("%d bytes, %v, want the end", n, err)
	}
}

func wantNoAnswer(t *testing.T, r *Relay) {
	t.Helper()
	c, err := net.DialTimeout("tcp", r.Address(), 100*time.Millisecond)
	if e, ok := errors.AsType[net.Error](err); !ok || !e.Timeout() {
		t.Errorf("connect: %v, %v, want no answer", c, err)
	}
}

// TestCutIsMadeUpFor: who wanted in during the cut gets in after it, for TCP
// asks again.
func TestCutIsMadeUpFor(t *testing.T) {
	r, s := relayed(t)
	if err := r.Cut(); err != nil {
		t.Fatal(err)
	}
	dialed := make(chan error)
	go func() {
		c, err := net.Dial("tcp", r.Address())
		if err == nil {
			_, err = io.WriteString(c, "at last")
			_ = c.Close()
		}
		dialed <- err
	}()
	select {
	case err := <-dialed:
		t.Fatalf("connected during the cut: %v", err)
	case <-time.After(100 * time.Millisecond):
	}
	if err := r.Heal(); err != nil {
		t.Fatal(err)
	}
	if err := <-dialed; err != nil {
		t.Fatal(err)
	}
	for c := range s.conns {
		text, _ := io.ReadAll(c)
		_ = c.Close()
		if string(text) == "at last" {
			return
		}
	}
}

func TestReset(t *testing.T) {
	r, s := relayed(t)
	client, end := join(t, r, s)
	if err := r.Reset(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []net.Conn{client, end} {
		if _, err := c.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("%v, want a reset", err)
		}
	}
	wantRefused(t, r)
	if err := r.Cut(); err != nil { // one fault takes the place of another
		t.Fatal(err)
	}
	wantNoAnswer(t, r)
	if err := errors.Join(r.Reset(), r.Heal()); err != nil {
		t.Fatal(err)
	}
	join(t, r, s)
}

// TestBounded: a cut holds little of what is sent, and gives all of it back.
func TestBounded(t *testing.T) {
	r, s := relayed(t)
	var ends []*net.TCPConn
	for range 10 {
		client, _ := join(t, r, s)
		ends = append(ends, client)
	}
	before, goroutines := heap(), runtime.NumGoroutine()
	if err := r.Cut(); err != nil {
		t.Fatal(err)
	}
	block := bytes.Repeat([]byte("x"), 1<<20)
	var all sync.WaitGroup
	for _, c := range ends {
		all.Go(func() {
			_ = c.SetWriteDeadline(time.Now().Add(300 * time.Millisecond))
			for range 100 {
				if _, err := c.Write(block); err != nil {
					return
				}
			}
			t.Error("a connection took 100 MiB and would go on")
		})
	}
	all.Wait()
	const limit = 8 << 20
	if grew := heap() - before; grew > limit {
		t.Errorf("%d connections that are held take %d bytes, more than %d", len(ends), grew, limit)
	}
	if now := runtime.NumGoroutine(); now > goroutines {
		t.Errorf("%d goroutines, %d before", now, goroutines)
	}
}

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// TestFaultStays: a fault is that of the way, whatever becomes of the server.
func TestFaultStays(t *testing.T) {
	r, s := relayed(t)
	ended := make(chan struct{})
	r.Watch(ended)
	if err := r.Reset(); err != nil {
		t.Fatal(err)
	}
	s.end()
	close(ended)
	for !gone(r) {
		time.Sleep(time.Millisecond)
	}
	again := listen(t, s.Addr().String())
	for gone(r) {
		time.Sleep(time.Millisecond)
	}
	wantRefused(t, r)
	if err := r.Heal(); err != nil {
		t.Fatal(err)
	}
	join(t, r, again)
}

// gone says whether the relay takes the server for ended.
func gone(r *Relay) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.gone
}
