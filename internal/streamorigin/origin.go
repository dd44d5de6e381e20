// Package streamorigin owns the end of the streams behind the servers of a
// lab: WebSockets whose messages it sends back, and server-sent events that
// it numbers.
//
// It never fails on purpose and never ends a stream by itself before the
// traffic is over: whatever happens to a stream, the programs in front did
// it.
package streamorigin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/coder/websocket"

	"halab/internal/haproxy"
	"halab/internal/render"
)

// Origin answers at a unix socket.
type Origin struct {
	every  time.Duration
	server *http.Server
	// ended is closed when the traffic is over, life when the origin closes.
	ended   chan struct{}
	end     sync.Once
	life    context.Context
	kill    context.CancelFunc
	mu      sync.Mutex
	closed  bool
	running sync.WaitGroup
}

// Listen answers at path, a unix socket that everybody may connect to: nginx's
// workers run as a user of their own. Every stream of events has an event each
// every.
func Listen(path string, every time.Duration) (*Origin, error) {
	listener, err := net.Listen("unix", path)
	if err != nil {
		return nil, fmt.Errorf("listen for streams: %w", err)
	}
	if err := os.Chmod(path, 0o666); err != nil {
		return nil, errors.Join(fmt.Errorf("listen for streams: %w", err), listener.Close())
	}
	o := &Origin{every: every, ended: make(chan struct{})}
	o.life, o.kill = context.WithCancel(context.Background())
	mux := http.NewServeMux()
	mux.HandleFunc(render.WebSocketPath, o.counted(o.websocket))
	mux.HandleFunc(render.EventsPath, o.counted(o.events))
	o.server = &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	o.running.Go(func() { _ = o.server.Serve(listener) }) // ends with Close
	return o, nil
}

// counted lets Close wait for a handler, also one whose connection the server
// has handed over.
func (o *Origin) counted(h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !o.begin() {
			return
		}
		defer o.running.Done()
		h(w, r)
	}
}

func (o *Origin) begin() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.closed {
		o.running.Add(1)
	}
	return !o.closed
}

// End says that the traffic is over. Each stream of events ends with its last
// event, as HTTP gives a client no way to ask for that. WebSockets wait for
// their client to close them.
func (o *Origin) End() { o.end.Do(func() { close(o.ended) }) }

// Close ends what is left. The socket goes with it.
func (o *Origin) Close() error {
	o.mu.Lock()
	o.closed = true
	o.mu.Unlock()
	o.kill()
	err := o.server.Close()
	o.running.Wait()
	return err
}

// websocket sends back every message until the client closes.
func (o *Origin) websocket(w http.ResponseWriter, r *http.Request) {
	c, err := websocket.Accept(w, r, &websocket.AcceptOptions{InsecureSkipVerify: true})
	if err != nil {
		return // it has been answered
	}
	defer func() { _ = c.CloseNow() }()
	for {
		kind, message, err := c.Read(o.life)
		if err != nil {
			return // a close of the client's has been answered
		}
		if err := c.Write(o.life, kind, message); err != nil {
			return
		}
	}
}

// events sends one event each o.every, numbered from 1 (WHATWG HTML, section
// 9.2.5, Parsing an event stream).
func (o *Origin) events(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	out := http.NewResponseController(w)
	tick := time.NewTicker(o.every)
	defer tick.Stop()
	id := r.Header.Get(haproxy.CaptureHeader)
	for n := int64(1); ; n++ {
		if _, err := fmt.Fprintf(w, "data: %s\n\n", render.StreamMessage(nil, id, n)); err != nil {
			return
		}
		if err := out.Flush(); err != nil {
			return
		}
		select {
		case <-tick.C:
		case <-o.ended:
			_, _ = io.WriteString(w, "event: "+render.StreamEnd+"\ndata:\n\n")
			return
		case <-r.Context().Done():
			return
		case <-o.life.Done():
			// Without an end that could be taken for one that was asked for.
			panic(http.ErrAbortHandler)
		}
	}
}
