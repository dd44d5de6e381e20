package main

import (
	"math"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// arrivals is HAProxy's log: when it had each request's headers, in
// microseconds since 1970.
type arrivals struct {
	conn *net.UnixConn
	done sync.WaitGroup

	mu  sync.Mutex
	all []int64
}

// listen takes HAProxy's log at path, which must be free.
func listen(path string) (*arrivals, error) {
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		return nil, err
	}
	_ = conn.SetReadBuffer(8 << 20)
	a := &arrivals{conn: conn}
	a.done.Go(func() {
		var line [256]byte
		for {
			n, err := conn.Read(line[:])
			if err != nil {
				return
			}
			if us, err := strconv.ParseInt(strings.TrimSpace(string(line[:n])), 10, 64); err == nil {
				a.mu.Lock()
				a.all = append(a.all, us)
				a.mu.Unlock()
			}
		}
	})
	return a, nil
}

func (a *arrivals) close() {
	_ = a.conn.Close()
	a.done.Wait()
}

// take returns what has arrived since the last call, in order, once no more
// comes.
func (a *arrivals) take() []int64 {
	for before := -1; ; {
		a.mu.Lock()
		n := len(a.all)
		if n == before {
			out := a.all
			a.all = nil
			a.mu.Unlock()
			slices.Sort(out)
			return out
		}
		a.mu.Unlock()
		before = n
		time.Sleep(300 * time.Millisecond)
	}
}

// gaps are the p99 and the largest of the times between arrivals, in
// microseconds.
func gaps(at []int64) (p99, largest float64) {
	if len(at) < 2 {
		return math.NaN(), math.NaN()
	}
	var all []float64
	for i := 1; i < len(at); i++ {
		all = append(all, float64(at[i]-at[i-1]))
	}
	slices.Sort(all)
	return all[int(math.Ceil(0.99*float64(len(all))))-1], all[len(all)-1]
}
