// Package relay owns the way between HAProxy and one server on which faults
// are rehearsed: it is slow, it is narrow, it is cut.
//
// It never looks into what it carries, and it never makes up what a network
// would not do: whatever is held back arrives in the end, in order and whole,
// or the connection is reset.
package relay

import (
	"context"
	"fmt"
	"net"
	"sync"
	"time"
)

// Relay accepts connections at an address of its own and carries them to a
// server. While the server refuses connections the relay refuses them too, so
// that HAProxy sees what it would see without it. The first connection after
// the server's end may find that out for the others: it is accepted and reset.
type Relay struct {
	server string
	line   *line

	life context.Context
	kill context.CancelFunc
	all  sync.WaitGroup // every goroutine of the relay
	wake chan struct{}  // the server is to be looked at

	mu    sync.Mutex // of what follows
	door  *door
	fault fault
	gone  bool // the server refuses
	links map[*link]struct{}
}

// fault is what befalls the way as a whole.
type fault int

const (
	none fault = iota
	// silent: packets vanish in both directions.
	silent
	// reset: connections are reset and new ones refused.
	reset
)

// Listen takes a port of the host, an IP address, from which a server's
// address, host:port, is to be reached. It listens once the server does.
func Listen(host, server string) (*Relay, error) {
	d, err := newDoor(host)
	if err != nil {
		return nil, fmt.Errorf("listen for %s: %w", server, err)
	}
	r := &Relay{server: server, line: newLine(), door: d, gone: true, wake: make(chan struct{}, 1), links: map[*link]struct{}{}}
	r.life, r.kill = context.WithCancel(context.Background())
	r.wake <- struct{}{}
	r.all.Go(r.follow)
	return r, nil
}

// Address is where the relay is, host:port.
func (r *Relay) Address() string { return r.door.address }

// Delay has everything that the server sends arrive later: a round trip takes
// delay longer, give or take a random part of jitter. A connection is made as
// fast as before.
func (r *Relay) Delay(delay, jitter time.Duration) { r.line.setDelay(delay, jitter) }

// Limit has at most rate bytes a second arrive in each direction, over all
// connections together.
func (r *Relay) Limit(rate int64) { r.line.setRate(rate) }

// Cut has packets vanish: connections hang with what is on its way, and new
// ones are not answered. What was sent arrives after Heal.
func (r *Relay) Cut() error {
	r.line.hold(true)
	return r.set(silent)
}

// Reset resets every connection and refuses new ones.
func (r *Relay) Reset() error {
	err := r.set(reset)
	r.resetAll()
	return err
}

// Heal ends every fault.
func (r *Relay) Heal() error {
	err := r.set(none)
	r.line.heal()
	return err
}

// Watch has the relay refuse from the moment at which ended is closed: the
// server has ended. It listens again once a server does.
func (r *Relay) Watch(ended <-chan struct{}) {
	r.all.Go(func() {
		select {
		case <-ended:
			r.lost()
		case <-r.life.Done():
		}
	})
}

// Close ends everything at once. The relay may have failed to listen: then
// that is its error.
func (r *Relay) Close() error {
	r.kill()
	r.mu.Lock()
	err := r.door.close()
	r.mu.Unlock()
	r.resetAll()
	r.all.Wait()
	return err
}

func (r *Relay) set(f fault) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fault = f
	return r.arrange()
}

// arrange has the door as the fault and the server are. The caller holds mu.
func (r *Relay) arrange() error {
	switch {
	case r.life.Err() != nil:
		return nil
	case r.fault == silent:
		return r.door.ignore()
	case r.fault == reset, r.gone:
		return r.door.refuse()
	}
	return r.door.open(r.accepted)
}

// lost notes that the server refuses.
func (r *Relay) lost() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.gone {
		return
	}
	r.gone = true
	_ = r.arrange() // to refuse takes nothing that could fail
	r.wake <- struct{}{}
}

// The server is looked for this often while it refuses, and given this long.
const (
	lookPause = 5 * time.Millisecond
	dialTime  = time.Second
)

// follow listens when the server does.
func (r *Relay) follow() {
	for {
		select {
		case <-r.wake:
		case <-r.life.Done():
			return
		}
		for !r.back() {
			select {
			case <-time.After(lookPause):
			case <-r.life.Done():
				return
			}
		}
	}
}

// back says whether the server is there and the relay is as it should be.
func (r *Relay) back() bool {
	c, err := r.dial()
	if err != nil {
		return false
	}
	_ = c.Close()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.gone = false
	if r.arrange() == nil {
		return true
	}
	r.gone = true // somebody has the port; it is tried again
	return false
}

func (r *Relay) dial() (*net.TCPConn, error) {
	d := net.Dialer{Timeout: dialTime}
	c, err := d.DialContext(r.life, "tcp", r.server)
	if err != nil {
		return nil, err
	}
	return c.(*net.TCPConn), nil
}

// accepted carries a connection in a goroutine of its own.
func (r *Relay) accepted(client *net.TCPConn) {
	r.all.Go(func() {
		server, err := r.dial()
		if err != nil {
			abort(client)
			r.lost()
			return
		}
		l := newLink(client, server, r.line)
		if !r.enter(l) {
			l.reset()
		}
		l.carry()
		r.mu.Lock()
		delete(r.links, l)
		r.mu.Unlock()
	})
}

// enter counts a connection among those that are carried. It is false where a
// reset came first.
func (r *Relay) enter(l *link) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.links[l] = struct{}{}
	return r.fault != reset && r.life.Err() == nil
}

func (r *Relay) resetAll() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for l := range r.links {
		l.reset()
	}
}
