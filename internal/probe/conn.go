package probe

import (
	"bufio"
	"bytes"
	"errors"
	"net"
	"os"
	"strconv"
	"syscall"

	"halab/internal/haproxy"
	"halab/internal/history"
)

// conn is one connection to the frontend. It carries one request at a time.
//
// Its socket is the prober's own, because the schedule needs two things that
// net.Conn has not: to write without ever waiting, and to look whether the
// other side has closed without taking anything out of the stream.
type conn struct {
	p    *Prober
	fd   int
	file *os.File // the same descriptor, for waiting
	in   *bufio.Reader
	head head
	num  int64
	port int
	ask  *ask
	used int  // requests that it has carried
	last bool // it carries no further request

	out    []byte // the request
	sent   int    // how much of out is written
	header string // the last Server header
	server string // the last server that answered
}

// open begins a connection without waiting for it: whether it was made is
// known when the first byte is written.
func (p *Prober) open() (*conn, error) {
	if p.addrErr != nil {
		return nil, p.addrErr
	}
	return p.openTo(p.addr)
}

func (p *Prober) openTo(addr *net.TCPAddr) (*conn, error) {
	family, address := sockaddr(addr)
	fd, err := newSocket(family)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	if err = syscall.Connect(fd, address); err != nil && !errors.Is(err, syscall.EINPROGRESS) {
		_ = syscall.Close(fd)
		return nil, os.NewSyscallError("connect", err)
	}
	c, ok := p.spare.Get().(*conn)
	if !ok {
		c = &conn{p: p, in: bufio.NewReaderSize(nil, 4096)}
	}
	c.fd, c.file = fd, os.NewFile(uintptr(fd), addr.String())
	c.in.Reset(c.file)
	c.num, c.port, c.used, c.last = 0, 0, 0, false
	c.head.page.want = p.pageType()
	return c, nil
}

func sockaddr(a *net.TCPAddr) (int, syscall.Sockaddr) {
	if ip4 := a.IP.To4(); ip4 != nil {
		return syscall.AF_INET, &syscall.SockaddrInet4{Port: a.Port, Addr: [4]byte(ip4)}
	}
	return syscall.AF_INET6, &syscall.SockaddrInet6{Port: a.Port, Addr: [16]byte(a.IP.To16())}
}

// close ends the connection; c may not be used any more.
func (c *conn) close() {
	_ = c.file.Close()
	c.p.spare.Put(c)
}

// begin writes the request of r, as much of it as can be written without
// waiting. last says that no other request follows on this connection.
//
// On a reused connection it looks first. A close or reset that has already
// come in is told apart from one that comes after the write: of the first the
// other side cannot have taken the request for its own. See history.Outcome.
func (c *conn) begin(r *history.Request, a *ask, last bool) error {
	r.Conn, r.Port, r.Reuse = c.num, c.port, c.used
	c.used++
	c.ask, c.last = a, last
	c.out = a.append(c.out[:0], r.ID, last)
	c.sent = 0
	if r.Reuse > 0 {
		if err := c.look(); err != nil {
			return err
		}
	}
	return c.write(r)
}

// look asks the kernel what has come in on an idle connection, without
// taking it and without waiting.
func (c *conn) look() error {
	var peek [16]byte
	n, _, err := syscall.Recvfrom(c.fd, peek[:], syscall.MSG_PEEK)
	switch {
	case err == syscall.EAGAIN:
		return nil
	case err == syscall.EINTR:
		return c.look()
	case err != nil:
		return errResetIdle
	case n <= 0:
		return errClosedIdle
	case bytes.HasPrefix(peek[:n], []byte("HTTP/1.1 408")):
		// A server may say why it closes an idle connection (RFC 9110
		// section 15.5.9).
		return errClosedIdle
	}
	return errUnasked
}

// write writes what is left of the request, as far as it goes without
// waiting. Sent is taken just before the first write that took a byte: one
// that the kernel refused put nothing on the wire.
func (c *conn) write(r *history.Request) error {
	for c.sent < len(c.out) {
		now := history.Since(c.p.started)
		n, err := syscall.Write(c.fd, c.out[c.sent:])
		if n > 0 {
			if c.sent == 0 {
				r.Sent = now
				c.connected(r)
			}
			c.sent += n
		}
		switch err {
		case nil, syscall.EINTR:
		case syscall.EAGAIN:
			return nil
		case syscall.ECONNRESET, syscall.EPIPE:
			c.connected(r)
			return os.NewSyscallError("write", err)
		default:
			return os.NewSyscallError("write", err)
		}
	}
	return nil
}

// connected numbers a connection once it is known that it was made: when it
// took the first byte, or was reset before it could.
func (c *conn) connected(r *history.Request) {
	if c.num > 0 {
		return
	}
	c.num = c.p.conns.Add(1)
	switch name, _ := syscall.Getsockname(c.fd); name := name.(type) {
	case *syscall.SockaddrInet4:
		c.port = name.Port
	case *syscall.SockaddrInet6:
		c.port = name.Port
	}
	r.Conn, r.Port = c.num, c.port
}

// follow writes the rest of the request, reads the answer and concludes r. It
// tells whether the connection can carry another request.
func (c *conn) follow(r *history.Request) (again bool) {
	err := c.file.SetDeadline(c.p.deadline(r))
	if err == nil && c.sent < len(c.out) {
		err = c.writeRest(r)
	}
	if err == nil && c.ask.upload > 0 {
		err = c.upload(r)
	}
	if err == nil {
		err = c.receive(r)
	}
	c.p.conclude(r, err)
	return err == nil && !c.last && c.head.persists()
}

// writeRest waits until the request can be written.
func (c *conn) writeRest(r *history.Request) error {
	raw, err := c.file.SyscallConn()
	if err != nil {
		return err
	}
	var werr error
	err = raw.Write(func(uintptr) bool {
		werr = c.write(r)
		return werr != nil || c.sent == len(c.out)
	})
	return errors.Join(err, werr)
}

// receive reads the answer.
func (c *conn) receive(r *history.Request) error {
	err := c.receiveHead(r)
	if err == nil {
		err = c.receiveBody(r)
	}
	if err == nil && c.in.Buffered() > 0 {
		return errAfter
	}
	return err
}

// receiveHead reads the head of the final answer.
func (c *conn) receiveHead(r *history.Request) error {
	if _, err := c.in.Peek(1); err != nil {
		return err
	}
	r.First = history.Since(c.p.started)
	for interim := 0; ; interim++ {
		if err := c.head.read(c.in); err != nil {
			return err
		}
		if !c.head.interim() {
			break
		}
		if interim == maxInterim {
			return malformedf("more than %d interim answers", maxInterim)
		}
	}
	r.Status, r.Header, r.Server = c.head.status, same(&c.header, c.head.header), same(&c.server, c.head.server)
	c.p.spread.answered(r)
	return nil
}

// receiveBody reads the body and compares it, where a page was asked for and
// given.
func (c *conn) receiveBody(r *history.Request) error {
	var b body
	if r.Status == 200 {
		b.may = c.ask.right(r.Server)
	}
	err := c.head.readBody(c.in, b.see)
	r.Got, r.Want = b.got, max(c.head.length, 0)
	if c.head.length < 0 || c.head.bodiless() {
		r.Want = max(b.short(), b.got)
	}
	switch {
	case err != nil || r.Status != 200:
		return err
	case b.right():
		return c.head.page.wrong()
	case c.head.length < 0 && !c.head.chunked && b.short() > 0:
		// The body ends with the connection, so a part looks like the whole.
		return errCut
	}
	return c.ask.wrongBody(r.Server)
}

// same is string(b), without a copy where *last is that already.
func same(last *string, b []byte) string {
	if *last != string(b) {
		*last = string(b)
	}
	return *last
}

// append appends the head of one request.
func (a *ask) append(b []byte, id string, last bool) []byte {
	b = append(b, a.method...)
	b = append(b, ' ')
	b = append(b, a.path...)
	b = append(b, " HTTP/1.1\r\nHost: halab\r\nUser-Agent: halab\r\n"+haproxy.CaptureHeader+": "...)
	b = append(b, id...)
	if a.upload > 0 {
		b = append(b, "\r\nContent-Length: "...)
		b = strconv.AppendInt(b, int64(a.upload), 10)
	}
	if last {
		b = append(b, "\r\nConnection: close"...)
	}
	return append(b, "\r\n\r\n"...)
}
