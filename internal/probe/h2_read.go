package probe

import (
	"errors"
	"fmt"

	"golang.org/x/net/http2"
)

// read reads frames until the connection ends, and says how it did.
func (c *h2Conn) read() error {
	for first := true; ; first = false {
		f, err := c.framer.ReadFrame()
		var bad http2.StreamError
		switch {
		case errors.As(err, &bad):
			err = c.spoil(bad.StreamID, malformed(describe(bad.Cause, c.framer, bad)))
		case err == nil && first && f.Header().Type != http2.FrameSettings:
			return malformedf("%s before the settings", f.Header().Type) // section 3.4
		case err == nil:
			err = c.frame(f)
		case !ioError(err):
			err = malformed(describe(c.framer.ErrorDetail(), c.framer, err))
		}
		if err != nil {
			return c.explain(err)
		}
	}
}

// describe is the most telling of the errors.
func describe(cause error, framer *http2.Framer, otherwise error) string {
	if cause == nil {
		cause = framer.ErrorDetail()
	}
	if cause == nil {
		cause = otherwise
	}
	return "http/2: " + cause.Error()
}

// explain adds what the other side said before it closed the connection.
func (c *h2Conn) explain(err error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.goaway != nil && ioError(err) {
		return fmt.Errorf("%w, after %w", err, c.goaway)
	}
	return err
}

// frame takes one frame. Its error ends the connection.
func (c *h2Conn) frame(f http2.Frame) error {
	switch f := f.(type) {
	case *http2.SettingsFrame:
		return c.settings(f)
	case *http2.PingFrame:
		if f.IsAck() {
			return malformed("a ping was acknowledged that nobody sent")
		}
		data := f.Data
		return c.say(func() error { return c.framer.WritePing(true, data) })
	case *http2.GoAwayFrame:
		return c.going(f)
	case *http2.WindowUpdateFrame:
		return c.widen(f)
	case *http2.PushPromiseFrame:
		return malformed("a push promise, which the settings forbid") // section 8.4
	case *http2.MetaHeadersFrame:
		return c.onStream(f.StreamID, func(s *stream) error { return s.head(f) })
	case *http2.DataFrame:
		return c.data(f)
	case *http2.RSTStreamFrame:
		return c.reset(f)
	}
	return nil // section 4.1: what is not known is ignored
}

func (c *h2Conn) settings(f *http2.SettingsFrame) error {
	if f.IsAck() {
		return nil
	}
	err := f.ForeachSetting(func(s http2.Setting) error {
		if err := s.Valid(); err != nil {
			return malformedf("http/2: %v: %v", s, err)
		}
		switch s.ID {
		case http2.SettingMaxConcurrentStreams:
			c.mu.Lock()
			c.limit = int(min(s.Val, 1<<20))
			c.mu.Unlock()
		case http2.SettingHeaderTableSize:
			return c.say(func() error { c.enc.SetMaxDynamicTableSizeLimit(min(s.Val, 4096)); return nil })
		}
		return nil
	})
	if err != nil {
		return err
	}
	return c.say(c.framer.WriteSettingsAck)
}

// going takes a GOAWAY: the connection takes no more requests, and those
// above the last one that it names were not processed.
func (c *h2Conn) going(f *http2.GoAwayFrame) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if f.LastStreamID > c.lastID {
		return malformedf("GOAWAY: the last stream went from %d to %d", c.lastID, f.LastStreamID) // section 6.8
	}
	c.lastID = f.LastStreamID
	c.goaway = fmt.Errorf("GOAWAY (last stream %d, %v)", f.LastStreamID, f.ErrCode)
	for id, s := range c.streams {
		if id > f.LastStreamID {
			c.finish(s, fmt.Errorf("%w: %w, and this is stream %d", errNotProcessed, c.goaway, id))
		}
	}
	return nil
}

// reset takes a RST_STREAM. One that says REFUSED_STREAM should mean that
// nothing was done with the request (section 8.7). It is not believed: HAProxy
// 2.2 and 2.6 say so too of a request that a server had read before it closed
// its connection.
func (c *h2Conn) reset(f *http2.RSTStreamFrame) error {
	return c.onStream(f.StreamID, func(s *stream) error {
		c.finish(s, fmt.Errorf("%w: RST_STREAM %v", errStreamReset, f.ErrCode))
		return nil
	})
}

// onStream does something with an open stream. A stream that has ended may
// still be spoken of; one that was never begun may not (section 5.1). An
// error of do spoils the stream alone.
func (c *h2Conn) onStream(id uint32, do func(s *stream) error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.streams[id]
	if s == nil {
		if id%2 == 0 || int64(id) > 2*int64(c.used)-1 {
			return malformedf("stream %d, which nobody opened", id)
		}
		return nil
	}
	if err := do(s); err != nil {
		return c.abort(s, err)
	}
	return nil
}

// spoil ends a stream whose frames make no sense.
func (c *h2Conn) spoil(id uint32, err error) error {
	return c.onStream(id, func(*stream) error { return err })
}

// abort ends a stream from this side.
func (c *h2Conn) abort(s *stream, err error) error {
	id := s.id
	c.finish(s, err)
	return c.say(func() error { return c.framer.WriteRSTStream(id, http2.ErrCodeProtocol) })
}

// finish ends a stream with its outcome.
func (c *h2Conn) finish(s *stream, err error) {
	if c.streams[s.id] != s {
		return
	}
	delete(c.streams, s.id)
	if errors.Is(err, errNotProcessed) {
		s.r.Sent = 0
	}
	if err != nil && s.headed {
		s.r.Want = s.want()
	}
	s.done <- err
}

// data takes a part of a body and gives the windows back what was read, that
// of the connection too where the stream has ended (section 6.9).
func (c *h2Conn) data(f *http2.DataFrame) error {
	c.eaten += int64(f.Length)
	if eaten := c.eaten; eaten >= connWindow/2 {
		c.eaten = 0
		if err := c.say(func() error { return c.framer.WriteWindowUpdate(0, uint32(eaten)) }); err != nil {
			return err
		}
	}
	return c.onStream(f.StreamID, func(s *stream) error { return s.data(f) })
}

// widen takes a WINDOW_UPDATE. This side sends no data, but a window that
// grows too large is an error all the same (section 6.9.1).
func (c *h2Conn) widen(f *http2.WindowUpdateFrame) error {
	if f.StreamID != 0 {
		return c.onStream(f.StreamID, func(s *stream) error { return grow(&s.send, f.Increment) })
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return grow(&c.send, f.Increment)
}

func grow(window *int64, by uint32) error {
	if *window += int64(by); *window > maxWindow {
		return malformedf("a window of %d bytes", *window)
	}
	return nil
}
