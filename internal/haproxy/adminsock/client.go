package adminsock

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"
)

// DefaultTimeout bounds a command whose context has no deadline.
const DefaultTimeout = 5 * time.Second

// maxAnswer bounds an answer: show stat of some 50,000 servers.
const maxAnswer = 64 << 20

// Client talks to one stats socket; the socket of a master process speaks
// otherwise and gives ErrNoAnswer. It holds no connection, so it needs no
// closing, outlives a reload, and may be used from several goroutines; HAProxy
// takes 10 connections at once and lets others wait (stats maxconn).
type Client struct {
	network, address string
	timeout          time.Duration // of a command whose context has no deadline
	limit            int64         // bytes of an answer
}

// New returns a client of the stats socket at address, a path for the network
// "unix" and host:port for "tcp". It does not connect.
func New(network, address string) *Client {
	return &Client{network: network, address: address, timeout: DefaultTimeout, limit: maxAnswer}
}

// Parse reads the address of a stats socket as an operator writes it: the path
// of a unix socket, or host:port. A text with a slash is a path, and so is one
// that ends in no port number; "unix@path" and "tcp@host:port" leave no doubt.
func Parse(s string) (*Client, error) {
	network, address, ok := strings.Cut(s, "@")
	if !ok {
		network, address = "unix", s
		if isHostPort(s) {
			network = "tcp"
		}
	}
	switch {
	case address == "":
		return nil, fmt.Errorf("parse stats socket %q: want a path or host:port", s)
	case network == "tcp" && !isHostPort(address):
		return nil, fmt.Errorf("parse stats socket %q: want host:port after tcp@", s)
	case network != "tcp" && network != "unix":
		return nil, fmt.Errorf("parse stats socket %q: want unix@ or tcp@, or neither", s)
	}
	return New(network, address), nil
}

func isHostPort(s string) bool {
	_, port, err := net.SplitHostPort(s)
	if err != nil || strings.Contains(s, "/") {
		return false
	}
	n, err := strconv.ParseUint(port, 10, 16)
	return err == nil && n > 0
}

// String is the address as Parse takes it, with its network.
func (c *Client) String() string { return c.network + "@" + c.address }

// Address is the path or host:port, as hatop and socat take it.
func (c *Client) Address() (network, address string) { return c.network, c.address }

// Command sends one command and returns HAProxy's answer without the line
// feeds around it; many commands succeed with an empty one.
//
// Success is positive: the answer is only taken for complete when HAProxy has
// answered, after it, a second command whose answer is known. Errors are
// *CommandError when HAProxy refused the command (ErrPermission and
// ErrUnknownServer through errors.Is), ErrNoAnswer when the answer is missing
// or cut, the context's own, or the dialer's. After ErrNoAnswer or the
// context's error it is not known whether HAProxy carried the command out.
func (c *Client) Command(ctx context.Context, cmd string) (string, error) {
	if err := checkCommand(cmd); err != nil {
		return "", err
	}
	if _, ok := ctx.Deadline(); !ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.timeout)
		defer cancel()
	}
	begin := time.Now()
	raw, err := c.exchange(ctx, prologue+cmd+epilogue)
	if errors.Is(err, context.DeadlineExceeded) {
		err = &silentError{time.Since(begin).Round(100 * time.Millisecond), err}
	}
	if err != nil {
		return "", fmt.Errorf("%s: %s: %w", c, cmd, err)
	}
	answer, err := unwrap(cmd, raw)
	if err != nil {
		return "", fmt.Errorf("%s: %w", c, err)
	}
	return answer, nil
}

// checkCommand refuses what would not be one command.
func checkCommand(cmd string) error {
	if strings.TrimSpace(cmd) == "" {
		return errors.New("stats socket command: empty")
	}
	if strings.ContainsAny(cmd, "\n\r\x00") {
		return fmt.Errorf("stats socket command %q: a line feed or NUL ends a command", cmd)
	}
	if strings.Contains(cmd, ";") {
		return fmt.Errorf("stats socket command %q: a semicolon makes it two commands", cmd)
	}
	return nil
}

// exchange sends one line, closes the writing half, so that no peer can wait
// for more, and reads all there is to read.
func (c *Client) exchange(ctx context.Context, line string) (string, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, c.network, c.address)
	if err != nil {
		return "", dialError(ctx, c.address, err)
	}
	defer func() { _ = conn.Close() }() // everything was read, or failed already
	// A deadline in the past wakes a blocked read or write when the context
	// ends, whether by its deadline or by cancellation.
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()

	if _, err := io.WriteString(conn, line); err != nil {
		return "", ioError(ctx, "send", err)
	}
	if half, ok := conn.(interface{ CloseWrite() error }); ok {
		if err := half.CloseWrite(); err != nil {
			return "", ioError(ctx, "close the writing half", err)
		}
	}
	raw, err := io.ReadAll(io.LimitReader(conn, c.limit+1))
	if err != nil {
		return "", ioError(ctx, "read", err)
	}
	if int64(len(raw)) > c.limit {
		return "", fmt.Errorf("answer longer than %d bytes", c.limit)
	}
	return string(raw), nil
}
