package ports

import (
	"net/netip"

	"golang.org/x/sys/unix"
)

// hold keeps a port for a lab until it is released: a socket that is bound to
// it and never listens. Whoever sets SO_REUSEADDR, as HAProxy, nginx and an
// engine's proxy do, can bind the port and listen on it all the same
// (socket(7)); a search for a free port, which does not, cannot, in whatever
// process it is. When this one ends, so does the hold.
type hold struct{ fd int }

// take holds an address of loopback on which nobody listens. Alone means that
// nobody else may have anything to do with it, not even a connection that is
// closing.
func take(address string, alone bool) (*hold, error) {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return nil, err
	}
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	if !alone {
		err = share(fd)
	}
	if err == nil {
		err = unix.Bind(fd, &unix.SockaddrInet4{Addr: at.Addr().As4(), Port: int(at.Port())})
	}
	if err == nil {
		err = share(fd)
	}
	if err != nil {
		_ = unix.Close(fd)
		return nil, err
	}
	return &hold{fd: fd}, nil
}

func share(fd int) error { return unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1) }

func (h *hold) release() { _ = unix.Close(h.fd) }
