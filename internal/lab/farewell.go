package lab

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"halab/internal/haproxy"
	"halab/internal/haproxy/adminsock"
	"halab/internal/render"
)

// Past is a HAProxy process that another one has taken over from.
type Past struct {
	// Stats are its counters when its last connection had ended.
	Stats []haproxy.Stat
	// Err says why they are not known.
	Err error
}

// farewellPause is the time between two looks at whether the old process has
// finished, and ringPause that between two readings of its ring: shorter than
// a request waits for its line.
const (
	farewellPause = 20 * time.Millisecond
	ringPause     = time.Second
)

// leaving is a HAProxy on its way out.
type leaving struct {
	session *adminsock.Session
	ring    ring
	done    chan Past // holds one
	give    context.CancelFunc

	mu    sync.Mutex
	stats []haproxy.Stat // when it was last looked at; nil once it has finished
}

// farewell stays with a HAProxy that was told to finish until its traffic has
// ended, and takes its counters. It also reads its log out of the ring, again
// and again: from the moment at which a HAProxy begins to finish it may not
// send every line on.
func (w *leaving) farewell(ctx context.Context) Past {
	defer w.session.Close()
	defer w.keep(nil)
	for read := time.Now(); ; {
		info, err := w.session.Info(ctx)
		if err != nil {
			return Past{Err: fmt.Errorf("follow the old HAProxy to its end: %w", err)}
		}
		stats, err := w.look(ctx)
		if err != nil {
			return Past{Err: err}
		}
		if finished(info) {
			return Past{Stats: stats, Err: w.ring.read(ctx, w.session)}
		}
		if time.Since(read) >= ringPause {
			if err := w.ring.read(ctx, w.session); err != nil {
				return Past{Err: err}
			}
			read = time.Now()
		}
		select {
		case <-ctx.Done():
			return Past{Err: fmt.Errorf("the old HAProxy still had connections: %w", context.Cause(ctx))}
		case <-time.After(farewellPause):
		}
	}
}

// look asks it for its counters, and keeps them.
func (w *leaving) look(ctx context.Context) ([]haproxy.Stat, error) {
	stats, err := w.session.Stat(ctx)
	if err == nil {
		w.keep(stats)
	}
	return stats, err
}

func (w *leaving) keep(stats []haproxy.Stat) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stats = stats
}

// scur is how many sessions it has left with a server. A 2.2 does not tell.
func (w *leaving) scur(ref haproxy.ServerRef) int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	s, _ := haproxy.Find(w.stats, ref)
	return s.Scur
}

// ring is the ring of a HAProxy that finishes.
type ring struct {
	again func(line []byte)
	last  string // the last line that was read; "" before the first reading
}

// read hands on the lines that have come into the ring since it was last read.
// Most of them have been sent on as well.
func (r *ring) read(ctx context.Context, s *adminsock.Session) error {
	text, err := s.Command(ctx, "show events "+render.Ring)
	if r.last != "" {
		if _, later, found := strings.Cut(text, r.last); found {
			text = later
		}
	}
	for line := range strings.Lines(text) {
		r.last = line
		r.again([]byte(strings.TrimSuffix(line, "\n")))
	}
	return err
}

// finished tells from show info whether a HAProxy that was told to finish has
// done so. One job is the session that asks; those that nothing stops are the
// connection to a master.
func finished(info map[string]string) bool {
	jobs, err := strconv.Atoi(info["Jobs"])
	unstoppable, _ := strconv.Atoi(info["Unstoppable Jobs"])
	return err == nil && jobs-unstoppable <= 1 && info["Stopping"] == "1"
}

// Pasts waits until every HAProxy that was taken over from has finished, or
// ctx ends, and returns what is known of each, in order.
func (l *Lab) Pasts(ctx context.Context) []Past {
	l.mu.Lock()
	waiting := l.pasts
	l.mu.Unlock()
	var out []Past
	for _, w := range waiting {
		select {
		case p := <-w.done:
			w.done <- p
			out = append(out, p)
		case <-ctx.Done():
			w.give()
			out = append(out, Past{Err: fmt.Errorf("the old HAProxy still had connections: %w", context.Cause(ctx))})
		}
	}
	return out
}

// sayFarewell follows the old process in the background.
func (l *Lab) sayFarewell(ctx context.Context, s *adminsock.Session) {
	life, cancel := context.WithCancel(context.Background())
	w := &leaving{session: s, ring: ring{again: l.again}, done: make(chan Past, 1), give: cancel}
	_, _ = w.look(ctx) // an error comes again
	l.mu.Lock()
	l.pasts = append(l.pasts, w)
	l.mu.Unlock()
	go func() { w.done <- w.farewell(life) }()
}

// Stat is show stat of the HAProxy that runs, where the sessions of a server
// (scur) are those of every HAProxy: one that was taken over from may have
// some left with it.
func (l *Lab) Stat(ctx context.Context) ([]haproxy.Stat, error) {
	stats, err := l.AdminClient().Stat(ctx)
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	leaving := slices.Clone(l.pasts)
	l.mu.Unlock()
	for i := range stats {
		for _, w := range leaving {
			stats[i].Scur += w.scur(haproxy.ServerRef{Backend: stats[i].Proxy, Server: stats[i].Server})
		}
	}
	return stats, nil
}
