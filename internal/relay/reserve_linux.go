package relay

import (
	"fmt"
	"io"
	"net/netip"
	"os"

	"golang.org/x/sys/unix"
)

// reserve takes a free port of the host, an IPv4 address, for as long as the
// closer is open, and does not listen. With SO_REUSEADDR on both, another
// socket may listen there (socket(7)), and nobody else is given the port.
func reserve(host string) (io.Closer, string, error) {
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return nil, "", err
	}
	if !ip.Is4() {
		return nil, "", fmt.Errorf("%s is no IPv4 address", host)
	}
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, "", os.NewSyscallError("socket", err)
	}
	port, err := bind(fd, ip)
	if err != nil {
		_ = unix.Close(fd)
		return nil, "", err
	}
	return os.NewFile(uintptr(fd), "port"), netip.AddrPortFrom(ip, port).String(), nil
}

func bind(fd int, ip netip.Addr) (uint16, error) {
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1); err != nil {
		return 0, os.NewSyscallError("setsockopt", err)
	}
	if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: ip.As4()}); err != nil {
		return 0, os.NewSyscallError("bind", err)
	}
	got, err := unix.Getsockname(fd)
	if in, ok := got.(*unix.SockaddrInet4); ok {
		return uint16(in.Port), nil
	}
	return 0, os.NewSyscallError("getsockname", err)
}
