package probe

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strconv"
)

// readBody reads the body to its end and shows all of it to see (RFC 9112
// section 6.3). A body that ends too early is io.ErrUnexpectedEOF.
func (h *head) readBody(in *bufio.Reader, see func([]byte)) error {
	switch {
	case h.bodiless():
		return nil
	case h.chunked:
		return readChunks(in, see)
	case h.length >= 0:
		return readN(in, h.length, see)
	}
	for {
		if err := readSome(in, 1<<62, see); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// readSome shows at most n bytes to see, at least one.
func readSome(in *bufio.Reader, n int64, see func([]byte)) error {
	if _, err := in.Peek(1); err != nil {
		return err
	}
	b, _ := in.Peek(int(min(n, int64(in.Buffered()))))
	see(b)
	_, _ = in.Discard(len(b))
	return nil
}

func readN(in *bufio.Reader, n int64, see func([]byte)) error {
	for n > 0 {
		before := n
		err := readSome(in, n, func(b []byte) { n -= int64(len(b)); see(b) })
		if err != nil {
			return unexpected(err)
		}
		if n == before {
			return io.ErrNoProgress
		}
	}
	return nil
}

// readChunks reads a chunked body and its trailers (RFC 9112 section 7.1).
func readChunks(in *bufio.Reader, see func([]byte)) error {
	for {
		line, err := readChunkLine(in)
		if err != nil {
			return err
		}
		size, _, _ := bytes.Cut(line, []byte(";"))
		size = bytes.TrimRight(size, " \t")
		n, err := strconv.ParseUint(string(size), 16, 62)
		if err != nil {
			return malformedf("chunk size %.80q", line)
		}
		if n == 0 {
			return readTrailers(in)
		}
		if err := readN(in, int64(n), see); err != nil {
			return err
		}
		if line, err = readChunkLine(in); err != nil {
			return err
		}
		if len(line) > 0 {
			return malformedf("%.80q after a chunk", line)
		}
	}
}

func readTrailers(in *bufio.Reader) error {
	for left := maxHead; ; {
		line, err := readLine(in, left)
		if err != nil {
			return err
		}
		if len(line) == 0 {
			return nil
		}
		if colon := bytes.IndexByte(line, ':'); colon <= 0 || !isToken(line[:colon]) {
			return malformedf("trailer %.80q", line)
		}
		left -= len(line)
	}
}

// readLine reads a line of at most limit bytes and leaves its end out, which
// may be a bare line feed (RFC 9112 section 2.2). The line stands in the
// reader's buffer until the next read.
func readLine(in *bufio.Reader, limit int) ([]byte, error) {
	line, err := readRaw(in, limit)
	if err != nil {
		return nil, err
	}
	line = line[:len(line)-1]
	if n := len(line); n > 0 && line[n-1] == '\r' {
		line = line[:n-1]
	}
	return line, nil
}

// readChunkLine reads a line of the chunked framing, which may not end in a
// bare line feed.
func readChunkLine(in *bufio.Reader) ([]byte, error) {
	line, err := readRaw(in, maxHead)
	if err != nil {
		return nil, err
	}
	if !bytes.HasSuffix(line, []byte("\r\n")) {
		return nil, malformedf("%.80q between chunks", line)
	}
	return line[:len(line)-2], nil
}

func readRaw(in *bufio.Reader, limit int) ([]byte, error) {
	line, err := in.ReadSlice('\n')
	for errors.Is(err, bufio.ErrBufferFull) && len(line) < limit {
		var part []byte
		line = bytes.Clone(line)
		part, err = in.ReadSlice('\n')
		line = append(line, part...)
	}
	switch {
	case errors.Is(err, bufio.ErrBufferFull), len(line) > limit:
		return nil, malformed("headers too long")
	case err != nil:
		return nil, unexpected(err)
	}
	return line, nil
}

// unexpected turns the end of the connection within an answer into
// io.ErrUnexpectedEOF.
func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
