package probe

import (
	"io"
	"strconv"
	"strings"

	"golang.org/x/net/http2"

	"halab/internal/history"
	"halab/internal/render"
)

// stream is one request on a connection of HTTP/2. While it is open its
// connection's lock guards it, and its request.
type stream struct {
	c    *h2Conn
	r    *history.Request
	id   uint32
	done chan error // gets how it ended, once

	interim int
	headed  bool // the final headers came
	length  int64
	page    pageHead
	body    body
	eaten   int64 // bytes since the last window update
	send    int64 // the window that this side has; it sends no data
}

// head takes the headers of an answer, or its trailers (RFC 9113 section 8.1).
func (s *stream) head(f *http2.MetaHeadersFrame) error {
	if s.r.First == 0 {
		s.r.First = history.Since(s.c.p.started)
	}
	if f.Truncated {
		return malformed("headers too long")
	}
	if s.headed {
		if !f.StreamEnded() || len(f.PseudoFields()) > 0 {
			return malformed("headers after the headers")
		}
		return s.end()
	}
	status := f.PseudoValue("status")
	code, err := strconv.Atoi(status)
	if err != nil || len(status) != 3 || code < 100 {
		return malformedf("status %.80q", status)
	}
	if code == 101 { // section 8.6
		return malformed("status 101, which HTTP/2 does not have")
	}
	if code < 200 {
		if s.interim++; s.interim > maxInterim || f.StreamEnded() {
			return malformed("interim answers without an answer")
		}
		return nil
	}
	s.headed, s.r.Status = true, code
	if err := s.fields(f); err != nil {
		return err
	}
	if code == 200 {
		s.body.may = s.c.p.page.right(s.r.Server)
	}
	if f.StreamEnded() {
		return s.end()
	}
	return nil
}

// fields takes what matters of the headers. Those of a connection make an
// answer malformed (section 8.2.2).
func (s *stream) fields(f *http2.MetaHeadersFrame) error {
	for _, h := range f.RegularFields() {
		switch h.Name {
		case "server":
			if s.r.Header == "" {
				s.r.Header = h.Value
			}
		case "content-length":
			n, err := strconv.ParseUint(h.Value, 10, 63)
			if err != nil || s.length >= 0 && s.length != int64(n) {
				return malformedf("content-length: %.80q", h.Value)
			}
			s.length = int64(n)
		case "connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade":
			return malformedf("header %s in HTTP/2", h.Name)
		case "content-type", "content-encoding", "location":
			pageField(&s.page, h.Name, h.Value)
		default:
			if strings.EqualFold(h.Name, render.ServerHeader) {
				s.r.Server = string(alsoNamed([]byte(s.r.Server), h.Value))
			}
		}
	}
	return nil
}

// data takes a part of the body.
func (s *stream) data(f *http2.DataFrame) error {
	if !s.headed {
		return malformed("data before the headers")
	}
	s.eaten += int64(f.Length)
	s.body.see(f.Data())
	s.r.Got = s.body.got
	switch {
	case s.length >= 0 && s.body.got > s.length:
		return malformedf("a body longer than its content-length of %d", s.length)
	case f.StreamEnded():
		return s.end()
	case s.eaten >= streamWindow/2:
		id, n := s.id, s.eaten
		s.eaten = 0
		return s.c.say(func() error { return s.c.framer.WriteWindowUpdate(id, uint32(n)) })
	}
	return nil
}

// end concludes a stream that the other side has ended.
func (s *stream) end() error {
	s.r.Got = s.body.got
	s.c.finish(s, s.complete())
	return nil
}

// want is the length that the body should have.
func (s *stream) want() int64 {
	if s.length < 0 {
		return max(s.body.short(), s.body.got)
	}
	return s.length
}

// complete says what is wrong with a body that has ended.
func (s *stream) complete() error {
	s.r.Want = s.want()
	bodiless := s.r.Status == 204 || s.r.Status == 304
	switch {
	case bodiless && s.body.got > 0:
		return malformedf("status %d with a body", s.r.Status)
	case bodiless:
		s.r.Want = 0
		return nil
	case s.length > s.body.got:
		// It says that it is complete, and is not (section 8.1.1).
		return io.ErrUnexpectedEOF
	case s.r.Status == 200 && !s.body.right():
		return s.c.p.page.wrongBody(s.r.Server)
	case s.r.Status == 200:
		return s.page.wrong()
	}
	return nil
}
