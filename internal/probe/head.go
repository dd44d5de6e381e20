package probe

import (
	"bufio"
	"bytes"
	"fmt"
	"slices"
	"strconv"

	"halab/internal/render"
)

// malformed is an answer that is not HTTP/1.1, or one whose end cannot be
// known for certain. The reader is stricter than a browser: what it accepts
// http.ReadResponse accepts too and understands alike, but not the other way
// round, since a proxy that lets an ambiguous answer through has a fault that
// has to be seen.
type malformed string

func (m malformed) Error() string { return "malformed answer: " + string(m) }

func malformedf(format string, args ...any) error { return malformed(fmt.Sprintf(format, args...)) }

// head is the status line and the headers that matter of one response.
type head struct {
	status  int
	minor   int   // HTTP/1.minor
	length  int64 // Content-Length; -1: none
	chunked bool
	close   bool // Connection: close
	keep    bool // Connection: keep-alive
	header  []byte
	server  []byte
	page    pageHead
	// more, where it is set, sees every header field.
	more func(name, value []byte)
}

// maxHead bounds the headers of an answer, in bytes; HAProxy's own limit,
// tune.bufsize, is 16 KiB. maxInterim bounds the 1xx answers before one.
const (
	maxHead    = 1 << 18
	maxInterim = 8
)

// read reads the head of a response (RFC 9112 sections 4 and 5). io.EOF in
// the middle of it is io.ErrUnexpectedEOF.
func (h *head) read(in *bufio.Reader) error {
	*h = head{length: -1, header: h.header[:0], server: h.server[:0], page: pageHead{want: h.page.want}, more: h.more}
	line, err := readLine(in, maxHead)
	if err != nil {
		return err
	}
	if err := h.statusLine(line); err != nil {
		return err
	}
	for left := maxHead - len(line); ; left -= len(line) {
		if line, err = readLine(in, left); err != nil {
			return err
		}
		if len(line) == 0 {
			return h.check()
		}
		if err := h.field(line); err != nil {
			return err
		}
	}
}

// statusLine reads "HTTP/1.1 200 OK"; the reason may be missing.
func (h *head) statusLine(line []byte) error {
	const form = "HTTP/1.x NNN"
	if len(line) < len(form) || !bytes.HasPrefix(line, []byte("HTTP/1.")) || line[8] != ' ' ||
		len(line) > len(form) && line[len(form)] != ' ' || line[7] != '0' && line[7] != '1' {
		return malformedf("status line %.80q", line)
	}
	h.minor = int(line[7] - '0')
	for _, c := range line[9:12] {
		if c < '0' || c > '9' {
			return malformedf("status line %.80q", line)
		}
		h.status = h.status*10 + int(c-'0')
	}
	if h.status < 100 {
		return malformedf("status %d", h.status)
	}
	return nil
}

// field reads one header line. One that begins with a space continues the
// line before; no sender may write that any more (RFC 9112 section 5.2).
func (h *head) field(line []byte) error {
	colon := bytes.IndexByte(line, ':')
	if colon <= 0 || !isToken(line[:colon]) {
		return malformedf("header line %.80q", line)
	}
	name, value := line[:colon], bytes.Trim(line[colon+1:], " \t")
	if slices.ContainsFunc(value, isControl) {
		return malformedf("header line %.80q", line)
	}
	if h.more != nil {
		h.more(name, value)
	}
	switch len(name) { // most lines are none of these
	case len("Server"):
		if is(name, "server") && len(h.header) == 0 {
			h.header = append(h.header, value...)
		}
	case len("Connection"):
		if is(name, "connection") {
			h.connection(value)
		}
	case len("Content-Length"): // and that of X-Halab-Server
		switch {
		case is(name, "content-length"):
			return h.contentLength(value)
		case is(name, render.ServerHeader):
			h.server = alsoNamed(h.server, value)
		}
	case len("Content-Type"), len("Content-Encoding"), len("Location"):
		pageField(&h.page, name, value)
	case len("Transfer-Encoding"):
		if is(name, "transfer-encoding") {
			if !is(value, "chunked") || h.chunked {
				return malformedf("Transfer-Encoding: %.80q", value)
			}
			h.chunked = true
		}
	}
	return nil
}

// alsoNamed takes one more value of the header in which a server names itself.
// Servers that name themselves differently are one list (RFC 9110 section 5.3),
// which no server of the lab is called.
func alsoNamed[T string | []byte](so []byte, name T) []byte {
	switch {
	case len(so) == 0:
		return append(so, name...)
	case string(so) == string(name) || len(so) > maxName:
		return so
	}
	return append(append(so, ", "...), name...)
}

// maxName bounds the list of such names, in bytes, but for its last: a
// backend's name and a server's have at most 64 each.
const maxName = 256

func (h *head) connection(value []byte) {
	for option := range bytes.SplitSeq(value, []byte(",")) {
		option = bytes.Trim(option, " \t")
		h.close = h.close || is(option, "close")
		h.keep = h.keep || is(option, "keep-alive")
	}
}

func (h *head) contentLength(value []byte) error {
	n, err := strconv.ParseUint(string(value), 10, 63)
	if err != nil || value[0] == '+' || h.length >= 0 && h.length != int64(n) {
		return malformedf("Content-Length: %.80q", value)
	}
	h.length = int64(n)
	return nil
}

// check refuses a head whose body has two ends (RFC 9112 section 6.3: such a
// message ought to be handled as an error).
func (h *head) check() error {
	switch {
	case h.chunked && h.length >= 0:
		return malformed("both Content-Length and Transfer-Encoding")
	case h.chunked && h.minor == 0:
		return malformed("Transfer-Encoding in HTTP/1.0")
	}
	return nil
}

// interim tells a 1xx answer, which the final one follows. 101 ends HTTP on
// the connection, so it is final.
func (h *head) interim() bool { return h.status < 200 && h.status != 101 }

// bodiless tells an answer that has no body whatever its headers say
// (RFC 9112 section 6.3).
func (h *head) bodiless() bool { return h.status < 200 || h.status == 204 || h.status == 304 }

// persists tells whether the connection may carry another request (RFC 9112
// section 9.3). A body that ends with the connection leaves none.
func (h *head) persists() bool {
	framed := h.bodiless() || h.chunked || h.length >= 0
	return framed && h.status != 101 && !h.close && (h.minor == 1 || h.keep)
}

// is compares without case.
func is(got []byte, want string) bool {
	return len(got) == len(want) && bytes.EqualFold(got, []byte(want))
}

// isControl tells a byte that no header value may have (RFC 9110 section 5.5).
func isControl(c byte) bool { return c < ' ' && c != '\t' || c == 0x7f }

// isToken tells a header name (RFC 9110 section 5.6.2).
func isToken(name []byte) bool {
	for _, c := range name {
		if c <= ' ' || c >= 0x7f || bytes.IndexByte([]byte(`"(),/:;<=>?@[\]{}`), c) >= 0 {
			return false
		}
	}
	return true
}
