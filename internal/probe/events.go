package probe

import (
	"bytes"
	"context"
	"errors"
	"os"
	"time"

	"halab/internal/history"
	"halab/internal/render"
)

// events holds a stream of server-sent events. Its client cannot end it
// cleanly, so the origin is asked to when the traffic is over.
func (s *streams) events(ctx context.Context, r *history.Request, c *conn) error {
	a := ask{method: "GET", path: render.EventsPath}
	if err := c.shake(r, a.append(nil, r.ID, true), 200); err != nil {
		return err
	}
	e := &eventStream{inbox: newInbox(c, r)}
	if err := e.next(); err != nil {
		return err
	}
	quit := func() bool { return true }
	if s.p.target.EndStreams == nil {
		quit = context.AfterFunc(ctx, func() { _ = c.file.SetReadDeadline(time.Unix(1, 0)) })
	}
	err := c.head.readBody(c.in, e.see)
	quit()
	r.Want = r.Got
	over := ctx.Err() != nil
	switch {
	case e.err != nil:
		err = e.err
	case over && s.p.target.EndStreams == nil && errors.Is(err, os.ErrDeadlineExceeded):
		return nil
	case err == nil && (!e.ended || !over):
		err = errEnded
	}
	if err != nil {
		r.Want += int64(len(e.want))
	}
	return err
}

// eventStream reads events as they come in (WHATWG HTML, section 9.2.6,
// Interpreting an event stream), as far as the origin makes use of them.
type eventStream struct {
	*inbox
	line  []byte // the beginning of a line
	event string
	data  []byte
	ended bool
	err   error
}

// maxEventLine bounds a line of the stream, in bytes.
const maxEventLine = 4096

// see takes the next bytes. Reading stops at the first mistake.
func (e *eventStream) see(part []byte) {
	for e.err == nil && len(part) > 0 {
		line, rest, whole := bytes.Cut(part, []byte("\n"))
		e.line, part = append(e.line, line...), rest
		switch {
		case len(e.line) > maxEventLine:
			e.err = malformed("a line of the event stream is too long")
		case whole:
			e.err = e.take(e.line)
			e.line = e.line[:0]
		}
	}
	if e.err != nil {
		_ = e.c.file.SetReadDeadline(time.Unix(1, 0))
	}
}

// take takes a line; an empty one ends an event.
func (e *eventStream) take(line []byte) error {
	name, value, _ := bytes.Cut(line, []byte(":"))
	value = bytes.TrimPrefix(value, []byte(" "))
	switch string(name) {
	case "event":
		e.event = string(value)
	case "data":
		e.data = append(e.data[:0], value...)
	case "":
		if len(line) == 0 {
			return e.dispatch()
		}
	}
	return nil
}

func (e *eventStream) dispatch() error {
	event := e.event
	e.event = ""
	switch {
	case e.ended:
		return malformed("an event came behind the last one")
	case event == render.StreamEnd:
		e.ended = true
		return nil
	}
	if err := e.inbox.take(e.data); err != nil {
		return err
	}
	return e.next()
}
