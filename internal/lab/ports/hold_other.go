//go:build !linux

package ports

import (
	"net"
	"sync"
	"syscall"
)

// hold keeps a port for a lab until it is released, among the labs of this
// process: elsewhere than on Linux no socket can be bound where another
// program is to listen.
type hold struct{ address string }

var held struct {
	sync.Mutex
	times map[string]int
}

// take holds an address of loopback on which nobody listens. Alone means that
// no other lab may hold it.
func take(address string, alone bool) (*hold, error) {
	held.Lock()
	defer held.Unlock()
	if alone && held.times[address] > 0 {
		return nil, syscall.EADDRINUSE
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, err
	}
	if held.times == nil {
		held.times = map[string]int{}
	}
	held.times[address]++
	return &hold{address: address}, l.Close()
}

func (h *hold) release() {
	held.Lock()
	defer held.Unlock()
	held.times[h.address]--
}
