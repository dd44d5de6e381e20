// Package ports owns the choice of a lab's ports on loopback.
//
// It never looks beyond loopback. What it has chosen stays the lab's while no program listens there,
// before the first one starts and between an old and a new one.
package ports

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"syscall"
	"time"
)

// Chosen ports lie below the range from which Linux takes the ports of
// outgoing connections (ip_local_port_range, 32768 on), so that none of the
// prober's connections can take one between the choice and the bind.
const (
	lowest  = 12000
	highest = 32000
)

// Chooser hands out loopback addresses, none twice, and holds them until it is
// closed: no other Chooser finds them free. The zero value is ready.
type Chooser struct {
	// Own asks for the scenario's own ports wherever they can be had.
	Own bool
	// Engine says that a container engine will listen, which may do so on
	// ports that this user may not.
	Engine bool
	// Notes say for people which wish could not be met, and why.
	Notes []string

	taken map[int]*hold // nil for one that cannot be held
}

// Close lets go of every address.
func (c *Chooser) Close() {
	for _, h := range c.taken {
		if h != nil {
			h.release()
		}
	}
	c.taken = nil
}

// Error says that a port that was asked for cannot be had.
type Error struct {
	Address string
	Err     error
}

func (e *Error) Error() string { return fmt.Sprintf("port %s cannot be had: %s", e.Address, e.Why()) }

// Why says what keeps the port from being had.
func (e *Error) Why() string {
	switch {
	case errors.Is(e.Err, syscall.EADDRINUSE):
		return "something else listens there"
	case errors.Is(e.Err, syscall.EACCES):
		return "ports below 1024 need root here (or sysctl net.ipv4.ip_unprivileged_port_start)"
	}
	return e.Err.Error()
}

func (e *Error) Unwrap() error { return e.Err }

// Frontend is the address of a frontend: the published port, which must be
// had, or as Take. Its error is an *Error where that port cannot be had.
func (c *Chooser) Frontend(name, bind string, publish map[string]int) (string, error) {
	port, ok := publish[name]
	if !ok {
		return c.Take("frontend "+name, bind)
	}
	address := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	if err := c.claim(port, false); err != nil {
		return "", &Error{Address: address, Err: err}
	}
	return address, nil
}

// Take is the scenario's own port where that is wanted and can be had, else
// a free one.
func (c *Chooser) Take(who, address string) (string, error) {
	_, text, err := net.SplitHostPort(address)
	if err != nil {
		return "", fmt.Errorf("address of %s: %w", who, err)
	}
	if !c.Own {
		return c.Free()
	}
	port, err := strconv.Atoi(text)
	if err != nil {
		return "", fmt.Errorf("address of %s: %w", who, err)
	}
	own := net.JoinHostPort("127.0.0.1", text)
	if err := c.claim(port, false); err != nil {
		free, ferr := c.Free()
		c.Notes = append(c.Notes, fmt.Sprintf("%s: %v; %s is used instead", who, &Error{Address: own, Err: err}, free))
		return free, ferr
	}
	return own, nil
}

// Free is a loopback address that nothing listens on and no lab has.
func (c *Chooser) Free() (string, error) {
	for range 200 {
		port := lowest + rand.IntN(highest-lowest)
		if c.claim(port, true) == nil {
			return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)), nil
		}
	}
	return "", errors.New("find a free port: 200 were tried and taken")
}

// claim holds a port that can be listened on now. One that was asked for is not
// claimed alone: connections of an earlier lab may still be closing there.
func (c *Chooser) claim(port int, alone bool) error {
	if _, twice := c.taken[port]; twice {
		return syscall.EADDRINUSE
	}
	address := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	held, err := take(address, alone)
	if c.Engine && errors.Is(err, syscall.EACCES) {
		err = silent(address)
	}
	if err != nil {
		return err
	}
	if c.taken == nil {
		c.taken = map[int]*hold{}
	}
	c.taken[port] = held
	return nil
}

// silent tells whether nobody answers at address.
func silent(address string) error {
	conn, err := net.DialTimeout("tcp", address, time.Second)
	if err != nil {
		return nil
	}
	_ = conn.Close()
	return syscall.EADDRINUSE
}
