package lab

import (
	"context"
	"fmt"
	"strconv"
	"strings"
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
// finished.
const farewellPause = 20 * time.Millisecond

// farewell stays with a HAProxy that was told to finish until its traffic has
// ended, and takes its counters. It also reads its log once more, out of the
// ring: from the moment at which a HAProxy begins to finish it may not send
// every line on.
func (l *Lab) farewell(ctx context.Context, s *adminsock.Session) Past {
	defer s.Close()
	for {
		info, err := s.Info(ctx)
		if err != nil {
			return Past{Err: fmt.Errorf("follow the old HAProxy to its end: %w", err)}
		}
		if finished(info) {
			break
		}
		select {
		case <-ctx.Done():
			return Past{Err: fmt.Errorf("the old HAProxy still had connections: %w", context.Cause(ctx))}
		case <-time.After(farewellPause):
		}
	}
	stats, err := s.Stat(ctx)
	if err != nil {
		return Past{Err: err}
	}
	ring, err := s.Command(ctx, "show events "+render.Ring)
	for line := range strings.Lines(ring) {
		l.again([]byte(strings.TrimSuffix(line, "\n")))
	}
	return Past{Stats: stats, Err: err}
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

// leaving is a HAProxy on its way out.
type leaving struct {
	done chan Past // holds one
	give context.CancelFunc
}

// sayFarewell follows the old process in the background.
func (l *Lab) sayFarewell(s *adminsock.Session) {
	ctx, cancel := context.WithCancel(context.Background())
	w := leaving{done: make(chan Past, 1), give: cancel}
	l.mu.Lock()
	l.pasts = append(l.pasts, w)
	l.mu.Unlock()
	go func() { w.done <- l.farewell(ctx, s) }()
}
