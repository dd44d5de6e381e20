package relay

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"time"
)

// link is one connection, carried between HAProxy (the client) and the
// server.
type link struct {
	client, server *net.TCPConn
	line           *line
	life           context.Context
	end            context.CancelFunc
}

func newLink(client, server *net.TCPConn, line *line) *link {
	l := &link{client: client, server: server, line: line}
	l.life, l.end = context.WithCancel(context.Background())
	return l
}

// carry returns when the connection has ended on both sides.
func (l *link) carry() {
	var both sync.WaitGroup
	both.Go(func() { l.pass(toServer, l.server, l.client) })
	both.Go(func() { l.pass(toClient, l.client, l.server) })
	both.Wait()
	l.end()
	_ = l.client.Close()
	_ = l.server.Close()
}

// reset ends the connection on both sides at once.
func (l *link) reset() {
	l.end()
	abort(l.client)
	abort(l.server)
}

// abort closes a connection with a reset.
func abort(c *net.TCPConn) {
	_ = c.SetLinger(0)
	_ = c.Close()
}

// What of one direction may be under way: so many pieces of such a size. More
// waits in the sender's socket, as behind a full window of TCP.
const (
	pieces    = 32
	pieceSize = 8 << 10
)

// piece is something that was sent; without data it is the end.
type piece struct {
	sent time.Time
	luck float64
	data []byte
	err  error // the end, where it is not a clean one
}

// pass carries one direction: what from sends arrives at to after its time.
func (l *link) pass(d direction, to, from *net.TCPConn) {
	under := make(chan piece, pieces)
	var reading sync.WaitGroup
	reading.Go(func() { l.read(under, from) })
	defer reading.Wait()
	for p := range under {
		if err := l.deliver(d, to, p); err != nil {
			l.reset()
			return
		}
		if p.data == nil {
			return
		}
	}
}

// deliver hands one piece over.
func (l *link) deliver(d direction, to *net.TCPConn, p piece) error {
	for data := p.data; ; {
		n, err := l.line.arrive(l.life, d, p.sent, p.luck, len(data))
		if err != nil {
			return err
		}
		switch {
		case p.err != nil:
			return p.err
		case p.data == nil:
			return to.CloseWrite()
		}
		if _, err := to.Write(data[:n]); err != nil {
			return err
		}
		if data = data[n:]; len(data) == 0 {
			return nil
		}
	}
}

// read reads until the end, which is the last piece.
func (l *link) read(under chan<- piece, from io.Reader) {
	defer close(under)
	buffer := make([]byte, pieceSize)
	for {
		n, err := from.Read(buffer)
		if n > 0 && !l.send(under, piece{data: append([]byte(nil), buffer[:n]...)}) {
			return
		}
		if err == nil {
			continue
		}
		p := piece{}
		if !errors.Is(err, io.EOF) {
			p.err = err
		}
		l.send(under, p)
		return
	}
}

func (l *link) send(under chan<- piece, p piece) bool {
	p.sent, p.luck = time.Now(), luck()
	select {
	case under <- p:
		return true
	case <-l.life.Done():
		return false
	}
}
