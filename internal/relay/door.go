package relay

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"time"
)

// door is where a relay's connections come in.
type door struct {
	address string
	port    io.Closer // keeps the port while nobody listens
	state   doorState
	listen  *net.TCPListener // nil while it refuses
	idle    chan struct{}    // closed when nobody accepts
	own     []net.Conn       // with which the queue of a deaf door is full
}

type doorState int

const (
	// refusing: a connection is reset, as by a host where nobody listens.
	refusing doorState = iota
	// open: every connection is accepted.
	open
	// deaf: no answer comes, as from a host that no packet reaches.
	deaf
)

// newDoor takes a port of the host and refuses.
func newDoor(host string) (*door, error) {
	port, address, err := reserve(host)
	if err != nil {
		return nil, err
	}
	d := &door{address: address, port: port, idle: make(chan struct{})}
	close(d.idle)
	return d, nil
}

// backlog is how many connections may wait to be accepted; the kernel takes
// less where it is told so.
const backlog = 4096

// open accepts every connection and hands it to accepted, which does not wait.
func (d *door) open(accepted func(*net.TCPConn)) error {
	if d.state == open {
		return nil
	}
	if err := d.start(); err != nil {
		return err
	}
	d.forget()
	if err := errors.Join(d.queue(backlog), d.listen.SetDeadline(time.Time{})); err != nil {
		return err
	}
	d.state, d.idle = open, make(chan struct{})
	go accept(d.listen, accepted, d.idle)
	return nil
}

func accept(listen *net.TCPListener, accepted func(*net.TCPConn), idle chan<- struct{}) {
	defer close(idle)
	for {
		c, err := listen.AcceptTCP()
		switch {
		case err == nil:
			accepted(c)
		case errors.Is(err, net.ErrClosed), errors.Is(err, os.ErrDeadlineExceeded):
			return
		default: // too many open files, or the client has left already
			time.Sleep(lookPause)
		}
	}
}

// start listens, and accepts nothing yet. Multipath TCP has a queue of another
// kind.
func (d *door) start() error {
	if d.listen != nil {
		return nil
	}
	config := net.ListenConfig{}
	config.SetMultipathTCP(false)
	l, err := config.Listen(context.Background(), "tcp", d.address)
	if err != nil {
		return fmt.Errorf("listen again: %w", err)
	}
	d.listen = l.(*net.TCPListener)
	return nil
}

// refuse resets what wants in.
func (d *door) refuse() error {
	if d.listen == nil {
		return nil
	}
	err := d.listen.Close()
	<-d.idle
	d.forget()
	d.state, d.listen = refusing, nil
	return err
}

// A door is deaf when its queue is full: the kernel drops what it has no room
// for (listen(2)), and the other side sends it again after a second, as it
// does on a network that loses packets.
const (
	fillings = 8
	// unanswered is how long a connection takes that will not be made. Within
	// one machine it takes microseconds or a whole second.
	unanswered = 100 * time.Millisecond
)

// ignore lets every attempt to connect go unanswered.
func (d *door) ignore() error {
	if d.state == deaf {
		return nil
	}
	if err := d.start(); err != nil {
		return err
	}
	if err := d.listen.SetDeadline(time.Unix(1, 0)); err != nil {
		return err
	}
	<-d.idle
	d.state = deaf
	if err := d.queue(0); err != nil {
		return err
	}
	for range fillings {
		c, err := net.DialTimeout("tcp", d.address, unanswered)
		if err != nil {
			return nil
		}
		d.own = append(d.own, c)
	}
	return fmt.Errorf("connections to %s are still answered", d.address)
}

// queue sets how many connections may wait.
func (d *door) queue(n int) error {
	raw, err := d.listen.SyscallConn()
	if err != nil {
		return err
	}
	cerr := raw.Control(func(fd uintptr) { err = syscall.Listen(int(fd), n) })
	return errors.Join(cerr, err)
}

// forget ends the door's own connections. Whoever accepts them finds them
// closed.
func (d *door) forget() {
	for _, c := range d.own {
		_ = c.Close()
	}
	d.own = nil
}

func (d *door) close() error { return errors.Join(d.refuse(), d.port.Close()) }
