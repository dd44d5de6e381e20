package probe

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"syscall"

	"halab/internal/history"
)

var (
	errWrongBody = errors.New("the body is not the page of the server that answered")
	// errCut is a body that ends with its connection and is not whole.
	errCut       = errors.New("the connection was closed in the middle of the page")
	errBadStatus = errors.New("status not allowed")
	// errClosedIdle is a close that was seen before the request was written.
	errClosedIdle = fmt.Errorf("the connection was closed while it was idle: %w", io.EOF)
	// errResetIdle is a reset that was seen then.
	errResetIdle = fmt.Errorf("the connection was reset while it was idle: %w", syscall.ECONNRESET)
	// errUnasked are bytes that came before the request was written. They
	// are no answer to it (RFC 9112 section 9.2).
	errUnasked = malformed("bytes came before the request was written")
	// errAfter are bytes behind the end of an answer.
	errAfter = malformed("bytes came behind the end of the answer")
)

// wrongBody is what is wrong with a body that is none of the contents.
func (a *ask) wrongBody(server string) error {
	if server != "" && len(a.right(server)) == 0 {
		return stranger(server)
	}
	return errWrongBody
}

// stranger is a server that answered and has no page where the request went.
type stranger string

func (s stranger) Error() string {
	return fmt.Sprintf("%.100s answered, which does not belong to the backend that was asked", string(s))
}

// Is makes it a wrong body, as an outcome.
func (s stranger) Is(target error) bool { return target == errWrongBody }

// conclude fills in the outcome of a request that ended with err, and when.
func (p *Prober) conclude(r *history.Request, err error) {
	if err == nil {
		err = p.answered(r)
	}
	p.ended(r, err)
}

// ended is conclude where the status has been looked at.
func (p *Prober) ended(r *history.Request, err error) {
	r.Done = history.Since(p.started)
	r.Outcome = p.outcome(r, err)
	if err != nil {
		r.Error = err.Error()
	}
}

// answered says what is wrong with the status of a complete answer.
func (p *Prober) answered(r *history.Request) error {
	if slices.Contains(p.target.Status, r.Status) {
		return nil
	}
	return errBadStatus
}

// outcome classifies the end of a request. How far it came decides first: no
// connection, nothing written, no byte of an answer, part of one, all of it.
func (p *Prober) outcome(r *history.Request, err error) history.Outcome {
	var bad malformed
	var tls handshakeError
	switch {
	case err == nil:
		return history.OK
	case errors.As(err, &tls):
		return history.Handshake
	case errors.Is(err, errNotProcessed):
		return history.Stale
	case errors.Is(err, errStreamReset) && r.First == 0:
		return history.Reset
	case errors.Is(err, errBadStatus):
		return badStatus(r)
	case errors.Is(err, errWrongBody), errors.Is(err, errWrongMessage):
		return history.WrongBody
	case errors.As(err, &bad):
		return history.Malformed
	case ownLimit(err):
		return history.Unsent
	case r.Conn == 0:
		return unconnected(err)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return history.Timeout
	case r.First > 0:
		return history.Truncated
	case r.Reuse > 0 && r.Sent == 0:
		return history.Stale
	case r.Reuse > 0:
		return history.InFlight
	case errors.Is(err, io.EOF):
		return history.Closed
	}
	return history.Reset
}

func badStatus(r *history.Request) history.Outcome {
	switch {
	case r.Status >= 500 && r.Server == "" && r.Header == "":
		return history.Proxy5xx
	case r.Status >= 500:
		return history.Server5xx
	}
	return history.BadStatus
}

// unconnected classifies a connection that was not made.
func unconnected(err error) history.Outcome {
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return history.Refused
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, syscall.ETIMEDOUT):
		return history.ConnectTimeout
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return history.Unreachable
	}
	return history.Reset
}

// ownLimit tells that this machine could not send, whatever the other side
// was doing: no descriptor, no free port, no memory.
func ownLimit(err error) bool {
	for _, limit := range []error{
		syscall.EADDRNOTAVAIL, syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM, errLate,
	} {
		if errors.Is(err, limit) {
			return true
		}
	}
	return false
}
