package probe

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"halab/internal/haproxy"
	"halab/internal/history"
	"halab/internal/scenario"
)

var (
	// errNotProcessed is a stream above the last one that a GOAWAY names: the
	// other side did nothing with it (RFC 9113 sections 6.8 and 8.7).
	errNotProcessed = errors.New("not processed")
	// errStreamReset is a stream that the other side ended.
	errStreamReset = errors.New("the stream was reset")
	// errGoneBefore is a connection that had ended, or took no request any
	// more, before anything of the request was written.
	errGoneBefore = errors.New("the connection was closed before the request was written")
)

// What this client allows the other side (RFC 9113 section 6.5.2): windows
// that pages pass in one go, and no pushed answers.
const (
	streamWindow = 1 << 20 // bytes
	connWindow   = 1 << 24 // bytes
	// firstWindow is what every connection begins with (section 6.9.2).
	firstWindow = 1<<16 - 1
	maxWindow   = 1<<31 - 1
	// usualStreams is how many requests may be in flight before the other
	// side has said how many: what RFC 9113 asks of it at least.
	usualStreams = 100
	// maxControl bounds the answers to settings and pings that wait to be
	// written.
	maxControl = 1000
	// maxStream is the last stream of a connection with some way to go
	// before the numbers run out at 2^31 (section 5.1.1).
	maxStream = 1 << 30
)

// h2Conn is one connection of HTTP/2. A goroutine reads what comes in and
// another one writes what has to be said to it; requests are written by
// whoever sends them.
type h2Conn struct {
	p       *Prober
	raw     *conn
	wire    *wire
	tls     *tls.Conn
	framer  *http2.Framer
	ready   chan struct{} // closed when requests can be written, or never will be
	control chan func() error
	running sync.WaitGroup

	writing sync.Mutex // guards what the framer writes, and:
	enc     *hpack.Encoder
	fields  bytes.Buffer
	nextID  uint32

	mu       sync.Mutex // guards what follows, and the open streams
	streams  map[uint32]*stream
	reserved int // requests that have a place here, written or not
	limit    int // requests at once
	used     int // requests that were written
	made     bool
	goaway   error // it takes no more requests
	lastID   uint32
	err      error // it has ended
	dead     chan struct{}
	send     int64 // the window that this side has; it sends no data

	eaten int64 // bytes read since the last window update; the reader's own
}

func newH2Conn(p *Prober, raw *conn, config *tls.Config) *h2Conn {
	c := &h2Conn{p: p, raw: raw, ready: make(chan struct{}), dead: make(chan struct{}), control: make(chan func() error, maxControl),
		nextID: 1, streams: map[uint32]*stream{}, limit: usualStreams, send: firstWindow, lastID: maxWindow}
	c.wire = &wire{File: raw.file, c: raw, r: &history.Request{}}
	c.tls = tls.Client(c.wire, config)
	c.framer = newFramer(c.tls)
	c.enc = hpack.NewEncoder(&c.fields)
	c.running.Go(c.run)
	return c
}

// newFramer reads no frame that is larger than this side allows by saying
// nothing (section 6.5.2), and no more headers than an answer may have.
func newFramer(on io.ReadWriter) *http2.Framer {
	f := http2.NewFramer(on, on)
	f.SetMaxReadFrameSize(1 << 14)
	f.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	f.MaxHeaderListSize = maxHead
	return f
}

// run is the life of the connection.
func (c *h2Conn) run() {
	err := c.greet()
	if err != nil {
		c.fail(err)
	}
	close(c.ready)
	if err == nil {
		c.running.Go(c.answer)
		c.fail(c.read())
	}
	_ = c.raw.file.Close()
}

// greet makes the handshake and says the preface (RFC 9113 section 3.4).
func (c *h2Conn) greet() error {
	if err := c.raw.file.SetDeadline(time.Now().Add(c.p.target.Timeout)); err != nil {
		return err
	}
	if err := handshake(c.tls); err != nil {
		return err
	}
	if got := c.tls.ConnectionState().NegotiatedProtocol; got != scenario.ALPNHTTP2 {
		return handshakeError{fmt.Errorf("alpn: the other side took %q, not h2", got)}
	}
	if _, err := c.tls.Write([]byte(http2.ClientPreface)); err != nil {
		return err
	}
	err := errors.Join(
		c.framer.WriteSettings(http2.Setting{ID: http2.SettingEnablePush, Val: 0}, http2.Setting{ID: http2.SettingInitialWindowSize, Val: streamWindow}),
		c.framer.WriteWindowUpdate(0, connWindow-firstWindow),
		c.raw.file.SetDeadline(time.Time{}))
	if err == nil {
		c.mu.Lock()
		c.made = true
		c.mu.Unlock()
	}
	return err
}

// answer writes what has to be said to the other side, so that reading never
// waits for it.
func (c *h2Conn) answer() {
	for {
		select {
		case say := <-c.control:
			c.writing.Lock()
			_ = c.raw.file.SetWriteDeadline(time.Now().Add(c.p.target.Timeout))
			err := say()
			c.writing.Unlock()
			if err != nil {
				c.fail(err)
			}
		case <-c.dead:
			return
		}
	}
}

// say queues something to be written.
func (c *h2Conn) say(write func() error) error {
	select {
	case c.control <- write:
		return nil
	default:
		return malformedf("%d frames to be answered at once", maxControl)
	}
}

// fail ends the connection and every stream on it.
func (c *h2Conn) fail(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return
	}
	c.err = err
	close(c.dead)
	for _, s := range c.streams {
		c.finish(s, err)
	}
	_ = c.raw.file.SetDeadline(time.Unix(1, 0)) // whoever reads or writes stops
}

// reserve takes a place for a request, where there is one.
func (c *h2Conn) reserve() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.reserved >= c.limit || c.err != nil || c.goaway != nil {
		return false
	}
	c.reserved++
	return true
}

func (c *h2Conn) takes() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err == nil && c.goaway == nil && c.used < maxStream/2
}

// retire ends the connection if it is idle.
func (c *h2Conn) retire() bool {
	c.mu.Lock()
	idle := c.reserved == 0
	if idle && c.goaway == nil {
		c.goaway = os.ErrClosed
	}
	c.mu.Unlock()
	if idle {
		c.fail(os.ErrClosed)
	}
	return idle
}

// over tells whether the connection has ended. One that takes no more
// requests and has none in flight is ended for that.
func (c *h2Conn) over() bool {
	c.mu.Lock()
	idle, over := c.reserved == 0, c.err != nil
	c.mu.Unlock()
	if !over && idle {
		c.fail(os.ErrClosed)
	}
	return over
}

// roundTrip writes the request of s and waits for its answer, until late.
func (c *h2Conn) roundTrip(s *stream, late <-chan time.Time) error {
	defer c.release()
	select {
	case <-c.ready:
	case <-late:
		c.mu.Lock()
		defer c.mu.Unlock()
		c.identify(s.r)
		return os.ErrDeadlineExceeded
	}
	if err := c.write(s); err != nil {
		return err
	}
	select {
	case err := <-s.done:
		return err
	case <-late:
		return c.cancel(s, os.ErrDeadlineExceeded)
	}
}

// cancel ends a stream from this side, unless it has ended by now.
func (c *h2Conn) cancel(s *stream, err error) error {
	c.mu.Lock()
	open := c.streams[s.id] == s
	delete(c.streams, s.id)
	c.mu.Unlock()
	if !open {
		return <-s.done
	}
	_ = c.say(func() error { return c.framer.WriteRSTStream(s.id, http2.ErrCodeCancel) })
	return err
}

func (c *h2Conn) release() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.reserved--
}

// identify fills in which connection the request is on.
func (c *h2Conn) identify(r *history.Request) {
	if c.wire.up.Load() {
		r.Conn, r.Port = c.raw.num, c.raw.port
	}
	r.Reuse = c.used
}

// write writes the request of s as one HEADERS frame, which ends the stream
// on this side.
func (c *h2Conn) write(s *stream) error {
	c.writing.Lock()
	defer c.writing.Unlock()
	s.id = c.nextID
	if err := c.enter(s); err != nil {
		return err
	}
	c.nextID += 2
	before := c.wire.wrote.Load()
	_ = c.raw.file.SetWriteDeadline(c.p.deadline(s.r))
	err := c.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: s.id, BlockFragment: c.encode(s.r.ID), EndStream: true, EndHeaders: true})
	if err == nil {
		return nil
	}
	// What the other side said before it closed the connection has come in,
	// or is about to: the reader knows best how the request ended.
	c.abandon(err)
	cause := <-s.done
	if c.wire.wrote.Load() == before {
		s.r.Sent = 0
	}
	return cause
}

// lastWords is how long the other side has to say why it ended a connection.
const lastWords = time.Second

// abandon leaves a connection on which nothing can be written to its reader.
func (c *h2Conn) abandon(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return
	}
	if c.goaway == nil {
		c.goaway = err
	}
	_ = c.raw.file.SetReadDeadline(time.Now().Add(lastWords))
}

// enter puts s among the open streams, right before it is written.
func (c *h2Conn) enter(s *stream) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.identify(s.r)
	switch {
	case c.err != nil && !c.made:
		return c.err
	case c.err != nil || c.goaway != nil:
		return errGoneBefore
	}
	c.used++
	s.length, s.send = -1, firstWindow
	s.r.Sent = history.Since(c.p.started)
	c.streams[s.id] = s
	return nil
}

// encode is the header block of a request (RFC 9113 section 8.3.1).
func (c *h2Conn) encode(id string) []byte {
	c.fields.Reset()
	for _, f := range []hpack.HeaderField{
		{Name: ":method", Value: c.p.page.method}, {Name: ":scheme", Value: "https"},
		{Name: ":authority", Value: "halab"}, {Name: ":path", Value: c.p.page.path},
		{Name: "user-agent", Value: "halab"}, {Name: strings.ToLower(haproxy.CaptureHeader), Value: id, Sensitive: true}, // no entry in the table
	} {
		_ = c.enc.WriteField(f) // into memory
	}
	return c.fields.Bytes()
}
