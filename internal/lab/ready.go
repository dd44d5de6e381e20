package lab

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"sort"
	"strings"
	"time"

	"halab/internal/haproxy"
	"halab/internal/scenario"
)

// NotReadyError says that a lab did not become ready, with what its programs
// wrote.
type NotReadyError struct {
	Waited  time.Duration
	Missing []string
	Output  string
}

func (e *NotReadyError) Error() string {
	text := fmt.Sprintf("lab not ready after %s: %s", e.Waited.Round(time.Millisecond), strings.Join(e.Missing, "; "))
	if e.Output != "" {
		text += "\n" + e.Output
	}
	return text
}

// ready waits until every server reads plainly UP and every frontend
// answers. A server is UP 1/3 before its first check has passed, and flipping
// it then would prove nothing.
func (l *Lab) ready(ctx context.Context, limit time.Duration) error {
	if limit == 0 {
		limit = readyLimit(l.Scenario)
	}
	begin := time.Now()
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	var missing []string
	for {
		if role := l.ended(); role != "" {
			return l.diedError(role)
		}
		now := l.missing(ctx)
		if len(now) == 0 {
			return nil
		}
		if missing == nil || time.Now().Before(begin.Add(limit)) {
			missing = now // a look that the deadline cut says only that
		}
		select {
		case <-ctx.Done():
			if errors.Is(ctx.Err(), context.Canceled) {
				return context.Cause(ctx)
			}
			return &NotReadyError{Waited: time.Since(begin), Missing: missing, Output: l.outputs()}
		case <-time.After(readyPause(time.Since(begin))):
		}
	}
}

// readyLimit is how long a lab may take to get ready: 15 s, and as long as the
// slowest server takes to come up by its checks. HAProxy may have looked for it
// before it listened, and looks again after inter, until rise checks have
// passed. A minute of that is as long as anybody waits.
func readyLimit(s *scenario.Scenario) time.Duration {
	var checks time.Duration
	for _, ref := range s.ServerRefs() {
		server := s.Server(ref)
		checks = max(checks, time.Duration(server.Rises())*server.InterD())
	}
	return 15*time.Second + min(checks, time.Minute)
}

// readyPause is the time until the next look: short while a lab of processes
// comes up, and long enough not to slow down one that takes longer.
func readyPause(waited time.Duration) time.Duration {
	if waited < 150*time.Millisecond {
		return time.Millisecond
	}
	return 10 * time.Millisecond
}

// missing says what is not ready yet.
func (l *Lab) missing(ctx context.Context) []string {
	if _, err := os.Stat(l.Admin); err != nil {
		return []string{"HAProxy has not opened its stats socket"}
	}
	stats, err := l.AdminClient().Stat(ctx)
	if err != nil {
		return []string{err.Error()}
	}
	var missing []string
	for ref := range l.servers() {
		stat, ok := haproxy.Find(stats, ref)
		switch {
		case !ok:
			missing = append(missing, ref.String()+" is not in show stat")
		case !stat.Status.PlainUp(), unchecked(stat):
			missing = append(missing, fmt.Sprintf("%s is %s (%s)", ref, stat.Status, lastCheck(stat)))
		}
	}
	if len(missing) > 0 {
		sort.Strings(missing)
		return missing // what the frontend says follows from that
	}
	for name, address := range l.Frontends {
		if err := Answers(ctx, address); err != nil {
			missing = append(missing, fmt.Sprintf("frontend %s does not answer: %v", name, err))
		}
	}
	for name, address := range l.SSL {
		if err := AnswersTLS(ctx, address, l.CA); err != nil {
			missing = append(missing, fmt.Sprintf("frontend %s does not answer over TLS: %v", name, err))
		}
	}
	sort.Strings(missing)
	return missing
}

// unchecked tells a server whose first check has not ended: with fall 1 it
// reads plainly UP all the same.
func unchecked(s haproxy.Stat) bool { return strings.TrimPrefix(s.CheckStatus, "* ") == "INI" }

// lastCheck is the result of a server's last health check, and what was wrong.
// HAProxy forgets the latter while the next check runs.
func lastCheck(s haproxy.Stat) string {
	result := strings.TrimPrefix(s.CheckStatus, "* ")
	if s.LastChk == "" {
		return result
	}
	return result + ", " + s.LastChk
}

// Answers sends one GET to address and returns nil when an HTTP response of
// any status comes back.
func Answers(ctx context.Context, address string) error {
	conn, err := (&net.Dialer{Timeout: time.Second}).DialContext(ctx, "tcp", address)
	if err != nil {
		return err
	}
	defer conn.Close()
	return answers(conn)
}

// AnswersTLS is Answers over TLS, with a certificate that ca has signed.
func AnswersTLS(ctx context.Context, address string, ca *x509.CertPool) error {
	dialer := tls.Dialer{NetDialer: &net.Dialer{Timeout: time.Second}, Config: &tls.Config{RootCAs: ca, ServerName: "localhost"}}
	conn, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return err
	}
	defer conn.Close()
	return answers(conn)
}

func answers(conn net.Conn) error {
	if err := conn.SetDeadline(time.Now().Add(2 * time.Second)); err != nil {
		return err
	}
	if _, err := fmt.Fprintf(conn, "GET / HTTP/1.1\r\nHost: halab\r\nConnection: close\r\n\r\n"); err != nil {
		return err
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

// ended is the role of a program that has ended, or "".
func (l *Lab) ended() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	for role, instance := range l.instances {
		select {
		case <-instance.Done():
			return role
		default:
		}
	}
	return ""
}

func (l *Lab) outputs() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []string
	for role, instance := range l.instances {
		if text := strings.TrimSpace(instance.Output()); text != "" {
			out = append(out, role+" wrote:\n"+text)
		}
	}
	sort.Strings(out)
	return strings.Join(out, "\n")
}
