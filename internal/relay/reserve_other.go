//go:build !linux

package relay

import (
	"io"
	"net"
)

// reserve finds a free port of the host. Nothing keeps it while nobody
// listens: here a second socket could not listen beside one that does.
func reserve(host string) (io.Closer, string, error) {
	l, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		return nil, "", err
	}
	return io.NopCloser(nil), l.Addr().String(), l.Close()
}
