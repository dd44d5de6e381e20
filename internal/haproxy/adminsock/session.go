package adminsock

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"time"

	"halab/internal/haproxy"
)

// Session is one connection to one HAProxy process, in interactive mode. A
// process that was told to finish goes on as long as a session is open, so its
// counters can be read when all its traffic has ended (HAProxy Management
// Guide 9.3, prompt); 2.2 leaves the proxies that it has stopped out of them.
// It may be used from one goroutine at a time.
type Session struct {
	conn    net.Conn
	in      *bufio.Reader
	address string
}

// prompt ends every answer of a session.
const prompt = "\n> "

// sessionIdle is how long HAProxy keeps a session on which nothing is said.
const sessionIdle = "set timeout cli 3600"

// Open opens a session with the process that holds the socket now.
func (c *Client) Open(ctx context.Context) (*Session, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, c.network, c.address)
	if err != nil {
		return nil, dialError(ctx, c.address, err)
	}
	s := &Session{conn: conn, in: bufio.NewReader(conn), address: c.String()}
	for _, cmd := range []string{"prompt", sessionIdle} {
		if _, err := s.Command(ctx, cmd); err != nil {
			return nil, errors.Join(err, s.Close())
		}
	}
	return s, nil
}

// Close ends the session.
func (s *Session) Close() error { return s.conn.Close() }

// Command sends one command and returns its answer. Its errors are those of a
// Client's Command, but for refusals, which come as the answer.
func (s *Session) Command(ctx context.Context, cmd string) (string, error) {
	if err := checkCommand(cmd); err != nil {
		return "", err
	}
	if _, ok := ctx.Deadline(); !ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, DefaultTimeout)
		defer cancel()
	}
	stop := context.AfterFunc(ctx, func() { _ = s.conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	if _, err := io.WriteString(s.conn, cmd+"\n"); err != nil {
		return "", ioError(ctx, "send", err)
	}
	var answer strings.Builder
	for !strings.HasSuffix(answer.String(), prompt) {
		b, err := s.in.ReadByte()
		if err != nil {
			return "", ioError(ctx, "read", err)
		}
		answer.WriteByte(b)
	}
	return strings.Trim(strings.TrimSuffix(answer.String(), prompt), "\n"), nil
}

// Info is show info, by name.
func (s *Session) Info(ctx context.Context) (map[string]string, error) {
	answer, err := s.Command(ctx, "show info")
	if err != nil {
		return nil, err
	}
	return parseInfo(s.address, answer)
}

// Stat is show stat.
func (s *Session) Stat(ctx context.Context) ([]haproxy.Stat, error) {
	answer, err := s.Command(ctx, "show stat")
	if err != nil {
		return nil, err
	}
	return parseStat(s.address, answer)
}
