package probe

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"sync/atomic"
	"syscall"
	"time"

	"halab/internal/history"
	"halab/internal/scenario"
)

// secure opens connections to the frontend's bind line with ssl.
type secure struct {
	p      *Prober
	addr   *net.TCPAddr
	err    error
	config *tls.Config
}

// newSecure offers one protocol (RFC 7301). The name is one of those in the
// lab's certificate, of whose CA alone certificates are believed.
func newSecure(p *Prober, protocol string) secure {
	s := secure{p: p, config: &tls.Config{
		RootCAs: p.target.CA, ServerName: "localhost", NextProtos: []string{protocol},
		MinVersion: tls.VersionTLS12, // RFC 9113 section 9.2
		// A new connection makes a whole handshake.
		SessionTicketsDisabled: true,
	}}
	if s.addr, s.err = net.ResolveTCPAddr("tcp", p.target.TLS); s.err != nil {
		s.err = errors.Join(errLate, s.err)
	}
	return s
}

func (s *secure) open() (*conn, error) {
	if s.err != nil {
		return nil, s.err
	}
	return s.p.openTo(s.addr)
}

// newTLS is the lane tls.
func newTLS(p *Prober, _ scenario.Traffic) sender {
	return &singleTLS{newSecure(p, scenario.ALPNHTTP1)}
}

// singleTLS sends each request on a connection of its own, behind a handshake.
type singleTLS struct{ secure }

func (s *singleTLS) send(r *history.Request) func() { return sendOn(s, r) }

func (s *singleTLS) begin(r *history.Request) *conn {
	c, err := s.open()
	if err != nil {
		s.p.conclude(r, err)
		return nil
	}
	return c
}

func (s *singleTLS) follow(r *history.Request, c *conn) {
	t, err := s.exchange(r, c)
	s.p.conclude(r, err)
	if err == nil {
		farewell(t)
	}
	c.close()
}

func (s *singleTLS) end() {}

// exchange makes the handshake, writes the request and reads the answer.
func (s *singleTLS) exchange(r *history.Request, c *conn) (*tls.Conn, error) {
	if err := c.file.SetDeadline(s.p.deadline(r)); err != nil {
		return nil, err
	}
	w := &wire{File: c.file, c: c, r: r}
	t := tls.Client(w, s.config)
	if err := handshake(t); err != nil {
		return t, err
	}
	c.ask, c.last = s.p.page, true
	c.out = c.ask.append(c.out[:0], r.ID, true)
	if err := w.write(t, c.out); err != nil {
		return t, err
	}
	c.in.Reset(t)
	return t, c.receive(r)
}

// farewell ends a connection as TLS wants it, with an alert on both sides
// (RFC 8446 section 6.1). To a HAProxy in mode tcp a client that just closes
// is one that left in the middle (CD).
func farewell(t *tls.Conn) {
	_ = t.SetDeadline(time.Now().Add(lastWords))
	_ = t.CloseWrite()
	_, _ = io.Copy(io.Discard, t)
}

// wire is a conn as crypto/tls takes it.
type wire struct {
	*os.File
	c     *conn
	r     *history.Request // the request for which the connection is made
	up    atomic.Bool      // the connection was made, and is numbered
	wrote atomic.Int64     // bytes
}

// LocalAddr and RemoteAddr are of no use to anyone here.
func (w *wire) LocalAddr() net.Addr { return nil }

// RemoteAddr is nil.
func (w *wire) RemoteAddr() net.Addr { return nil }

// Write numbers the connection when it is known that it was made.
func (w *wire) Write(b []byte) (int, error) {
	n, err := w.File.Write(b)
	if n > 0 || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) {
		if !w.up.Load() {
			w.c.connected(w.r)
			w.up.Store(true)
		}
	}
	w.wrote.Add(int64(n))
	return n, err
}

// write writes the request of w.r. Sent is what it is for conn.write.
func (w *wire) write(t io.Writer, b []byte) error {
	now, before := history.Since(w.c.p.started), w.wrote.Load()
	_, err := t.Write(b)
	if w.wrote.Load() > before {
		w.r.Sent = now
	}
	return err
}

// handshakeError is a handshake that failed for what the other side said, or
// is.
type handshakeError struct{ error }

func (e handshakeError) Unwrap() error { return e.error }

// handshake makes the TLS handshake. Its error is a handshakeError unless the
// connection ended or was not made.
func handshake(t *tls.Conn) error {
	err := t.Handshake()
	if err == nil || ioError(err) {
		return err
	}
	return handshakeError{err}
}

// ioError tells an error of the connection from one of what came over it.
func ioError(err error) bool {
	var number syscall.Errno
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, os.ErrClosed) || errors.As(err, &number)
}
