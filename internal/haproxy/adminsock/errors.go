package adminsock

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"syscall"
	"time"

	"halab/internal/haproxy"
)

// Errors to tell apart with errors.Is.
var (
	// ErrPermission is a command that needs a higher level than the socket's:
	// changes need level admin.
	ErrPermission = errors.New("the stats socket's level is too low")
	// ErrUnknownServer is a backend or a server that HAProxy does not have.
	ErrUnknownServer = errors.New("no such backend or server")
	// ErrNoAnswer is an answer that never came or was cut: the peer is dead,
	// is going away, or is no HAProxy.
	ErrNoAnswer = errors.New("no complete answer")
	// ErrUnchanged is a change that HAProxy accepted and did not make.
	ErrUnchanged = errors.New("the change was accepted but not made")
)

// CommandError is a command that HAProxy refused.
type CommandError struct {
	Command  string
	Answer   string // HAProxy's own words, several lines at times
	Severity int    // as in syslog: 3 is an error, 6 information
}

// Error gives the command and the first line of the answer.
func (e *CommandError) Error() string {
	first, _, _ := strings.Cut(e.Answer, "\n")
	text := fmt.Sprintf("%s: HAProxy answered: %s", e.Command, first)
	if e.Is(ErrPermission) {
		text += " (the stats socket needs level admin)"
	}
	return text
}

// unknownAnswers begin the answers that name a backend or server that is not
// there, in HAProxy 2.2 to 3.2.
var unknownAnswers = []string{"Can't find backend", "No such backend", "No such server"}

// Is tells ErrPermission and ErrUnknownServer by HAProxy's answer, which has
// no code for them.
func (e *CommandError) Is(target error) bool {
	switch target {
	case ErrPermission:
		return strings.HasPrefix(e.Answer, "Permission denied")
	case ErrUnknownServer:
		for _, begin := range unknownAnswers {
			if strings.HasPrefix(e.Answer, begin) {
				return true
			}
		}
	}
	return false
}

// UnchangedError is a server that is not as it was asked to be, although
// HAProxy refused nothing.
type UnchangedError struct {
	Server    haproxy.ServerRef
	Want, Got string
}

// Error says what was asked for and what is.
func (e *UnchangedError) Error() string {
	return fmt.Sprintf("%s: asked for %s, HAProxy has %s", e.Server, e.Want, e.Got)
}

// Unwrap makes it an ErrUnchanged.
func (e *UnchangedError) Unwrap() error { return ErrUnchanged }

// noAnswerError is ErrNoAnswer with what there was of an answer.
type noAnswerError struct {
	cmd, got string
}

func (e *noAnswerError) Error() string {
	if e.got == "" {
		return fmt.Sprintf("%s: %v: the peer closed the connection", e.cmd, ErrNoAnswer)
	}
	const tail = 60
	end := e.got[max(0, len(e.got)-tail):]
	return fmt.Sprintf("%s: %v: %d bytes, the last are %q", e.cmd, ErrNoAnswer, len(e.got), end)
}

func (e *noAnswerError) Unwrap() error { return ErrNoAnswer }

// maxUnixPath is the longest path of a unix socket on Linux, unix(7).
const maxUnixPath = 107

// ended is the context's error. A dialer keeps the context's deadline by a
// timer of its own, which may be the first to fire: then the context is about
// to end, and every caller that asks it after us has to hear the same.
func ended(ctx context.Context) error {
	if deadline, ok := ctx.Deadline(); ok && !time.Now().Before(deadline) {
		<-ctx.Done()
	}
	return ctx.Err()
}

// dialError is the context's error where that is what ended the dialing.
func dialError(ctx context.Context, address string, err error) error {
	if cut := ended(ctx); cut != nil {
		return fmt.Errorf("connect: %w", cut)
	}
	why, known := errors.AsType[syscall.Errno](err)
	if !known {
		return fmt.Errorf("connect: %w", err)
	}
	if strings.Contains(address, "/") && len(address) > maxUnixPath {
		return fmt.Errorf("connect: the path is longer than the %d bytes of a unix socket: %w", maxUnixPath, why)
	}
	return fmt.Errorf("connect: %w%s", why, dialHints[why])
}

// dialHints say what to look at where a stats socket cannot be connected to.
// The address is in the error already.
var dialHints = map[syscall.Errno]string{
	syscall.EACCES:       ": its mode, user or group in haproxy.cfg (stats socket) keeps this user out",
	syscall.ECONNREFUSED: ": does its HAProxy run?",
	syscall.ENOENT:       ": does its HAProxy run, and is this the path of its stats socket?",
	syscall.ENOTSOCK:     ": that is no socket; haproxy.cfg names it (stats socket)",
}

// silentError is a peer that took the command and did not answer in time.
type silentError struct {
	waited time.Duration
	err    error
}

func (e *silentError) Error() string {
	return fmt.Sprintf("no answer within %s; is it the stats socket of a running HAProxy?", e.waited)
}

func (e *silentError) Unwrap() error { return e.err }

// ioError is the context's error where that is what ended the exchange, and
// ErrNoAnswer where the peer did.
func ioError(ctx context.Context, op string, err error) error {
	if cut := ended(ctx); cut != nil {
		return fmt.Errorf("%s: %w", op, cut)
	}
	return fmt.Errorf("%s: %w: %w", op, ErrNoAnswer, err)
}
