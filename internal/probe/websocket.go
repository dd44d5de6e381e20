package probe

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"

	"halab/internal/haproxy"
	"halab/internal/history"
	"halab/internal/render"
)

// websocket holds a WebSocket (RFC 6455), whose other side sends every message
// back.
func (s *streams) websocket(ctx context.Context, r *history.Request, c *conn) error {
	t := &tunnel{c: c, r: r}
	ws, err := t.dial()
	if err != nil {
		return err
	}
	out := &outbox{ws: ws, r: r, every: s.every, stop: make(chan struct{})}
	var writing sync.WaitGroup
	writing.Go(func() { out.run(ctx) })
	err = receiveAll(ws, newInbox(c, r), out)
	close(out.stop)
	writing.Wait()
	r.Want = r.Put
	if err == nil {
		err = ws.Close(websocket.StatusNormalClosure, "")
	}
	_ = ws.CloseNow()
	switch {
	case err == nil:
		t.farewell()
		return nil
	case errors.Is(err, errWrongMessage):
		return err
	case t.broke() != nil:
		return t.broke()
	case websocket.CloseStatus(err) >= 0:
		return errors.Join(errEnded, err)
	case errors.Is(err, context.DeadlineExceeded): // the close had no answer
		return os.ErrDeadlineExceeded
	}
	return malformed(err.Error())
}

// receiveAll takes messages up to the last one. Only then is it the time to
// close: a close would swallow what is still on its way.
func receiveAll(ws *websocket.Conn, in *inbox, out *outbox) error {
	for in.n == 0 || in.n != out.last.Load() {
		if err := in.next(); err != nil {
			return err
		}
		_, message, err := ws.Read(context.Background())
		if err == nil {
			err = in.take(message)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// outbox sends a message each interval until the traffic ends, and then the
// last one.
type outbox struct {
	ws    *websocket.Conn
	r     *history.Request
	every time.Duration
	stop  chan struct{} // closed when there is nobody to send to
	last  atomic.Int64  // number of the last message, once it is known
}

func (o *outbox) run(ctx context.Context) {
	tick := time.NewTicker(o.every)
	defer tick.Stop()
	for n := int64(1); ; n++ {
		if ctx.Err() != nil {
			o.last.Store(n) // before it can come back
		}
		message := render.StreamMessage(nil, o.r.ID, n)
		if o.ws.Write(context.Background(), websocket.MessageText, message) != nil {
			return // how it ended, whoever reads sees
		}
		o.r.Put += int64(len(message))
		if o.last.Load() == n {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
		case <-o.stop:
			return
		}
	}
}

// tunnel is a conn as package websocket takes it: once as what carries the
// handshake, and then as the connection. It asks once.
type tunnel struct {
	c     *conn
	r     *history.Request
	asked bool
	err   error // of the handshake

	mu     sync.Mutex
	closed bool
	first  error // the first error of the connection
}

// dial makes the handshake. An answer that is not right is malformed.
func (t *tunnel) dial() (*websocket.Conn, error) {
	ws, _, err := websocket.Dial(context.Background(), "ws://halab"+render.WebSocketPath, &websocket.DialOptions{
		HTTPClient: &http.Client{Transport: t},
		HTTPHeader: http.Header{haproxy.CaptureHeader: {t.r.ID}, "User-Agent": {"halab"}},
	})
	switch {
	case t.err != nil:
		return nil, t.err
	case err != nil:
		return nil, malformed(err.Error())
	}
	// A message is written at once or is as good as lost.
	return ws, t.c.file.SetWriteDeadline(time.Time{})
}

// RoundTrip writes the request of the handshake and reads the head of its
// answer.
func (t *tunnel) RoundTrip(q *http.Request) (*http.Response, error) {
	if t.asked {
		return nil, errors.New("a handshake is made once")
	}
	t.asked = true
	var head bytes.Buffer
	if t.err = q.Write(&head); t.err != nil {
		return nil, t.err
	}
	answer := &http.Response{Header: http.Header{}, Body: t, Request: q, StatusCode: http.StatusSwitchingProtocols}
	t.c.head.more = func(name, value []byte) { answer.Header.Add(string(name), string(value)) }
	if t.err = t.c.shake(t.r, head.Bytes(), http.StatusSwitchingProtocols); t.err != nil {
		return nil, t.err
	}
	return answer, nil
}

// Read reads what came behind the handshake.
func (t *tunnel) Read(b []byte) (int, error) {
	n, err := t.c.in.Read(b)
	return n, t.note(err)
}

// Write writes to the connection.
func (t *tunnel) Write(b []byte) (int, error) {
	n, err := t.c.file.Write(b)
	return n, t.note(err)
}

// Close ends every Read and Write; the connection is closed by whoever opened
// it.
func (t *tunnel) Close() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.closed = true
	return t.c.file.SetDeadline(time.Unix(1, 0))
}

func (t *tunnel) note(err error) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err != nil && t.first == nil && !t.closed {
		t.first = err
	}
	return err
}

func (t *tunnel) broke() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.first
}

// patience is how long the other side may take to close the connection once
// both have said farewell.
const patience = 2 * time.Second

// farewell waits for the other side to close first, as it should (RFC 6455
// section 7.1.1): what comes before it is of no more interest.
func (t *tunnel) farewell() {
	if t.c.file.SetReadDeadline(time.Now().Add(patience)) == nil {
		_, _ = io.Copy(io.Discard, t.c.in)
	}
}
