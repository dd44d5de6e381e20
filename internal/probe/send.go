package probe

import "halab/internal/history"

// onConn is a sender whose requests each have a connection while they last.
type onConn interface {
	// begin sends a request, as far as that goes without waiting. It returns
	// nil when the request has its outcome already.
	begin(r *history.Request) *conn
	// follow waits for the answer to what begin sent and concludes r.
	follow(r *history.Request, c *conn)
}

func sendOn(s onConn, r *history.Request) func() {
	c := s.begin(r)
	if c == nil {
		return nil
	}
	return func() { s.follow(r, c) }
}

func (s *single) send(r *history.Request) func() { return sendOn(s, r) }

func (k *kept) send(r *history.Request) func() { return sendOn(k, r) }
