package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/url"
	"time"
)

// getter sends GETs, each on a connection of its own and none twice, which
// net/http's client does not promise.
type getter struct {
	url     *url.URL
	timeout time.Duration
}

func parseURL(text string) (*getter, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return nil, usagef("watch: %w", err)
	case u.Scheme == "https":
		return nil, usagef("watch %s: watch does not speak TLS: name the frontend's http address (or try curl --cacert, as halab up prints it)", text)
	case u.Scheme != "http" || u.Hostname() == "":
		return nil, usagef("watch %s: want a URL such as http://127.0.0.1:80/", text)
	}
	if u.Path == "" {
		u.Path = "/"
	}
	return &getter{url: u}, nil
}

func (g *getter) String() string { return g.url.String() }

// send sends one GET and reads its answer to the end.
func (g *getter) send(ctx context.Context) seen {
	s := seen{At: time.Now()}
	ctx, cancel := context.WithTimeout(ctx, g.timeout)
	defer cancel()
	if err := g.exchange(ctx, &s); err != nil {
		s.Error = err.Error()
		if ctx.Err() == context.DeadlineExceeded {
			s.Error = fmt.Sprintf("no complete answer within %s", g.timeout)
		}
		return s
	}
	s.OK = s.Status < http.StatusBadRequest
	if !s.OK {
		s.Error = http.StatusText(s.Status)
	}
	return s
}

// maxHead bounds the header of an answer, in bytes: HAProxy's own buffer holds
// a quarter of that.
const maxHead = 64 << 10

func (g *getter) exchange(ctx context.Context, s *seen) error {
	port := g.url.Port()
	if port == "" {
		port = "80"
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", net.JoinHostPort(g.url.Hostname(), port))
	if err != nil {
		return err
	}
	defer conn.Close()
	// A deadline in the past wakes what is blocked when ctx ends.
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, g.url.String(), nil)
	if err != nil {
		return err
	}
	req.Close = true
	req.Header.Set("User-Agent", "halab")
	if err := req.Write(conn); err != nil {
		return err
	}
	limited := &io.LimitedReader{R: conn, N: maxHead}
	resp, err := http.ReadResponse(bufio.NewReader(limited), req)
	if err != nil && limited.N <= 0 {
		return fmt.Errorf("the answer's header is longer than %d KiB", maxHead>>10)
	}
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	limited.N = math.MaxInt64 // the body is not kept
	s.Status, s.Header = resp.StatusCode, resp.Header.Get("Server")
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		return fmt.Errorf("the answer was cut: %w", err)
	}
	return nil
}
