package lab

import (
	"context"
	"strconv"

	"halab/internal/haproxy/adminsock"
)

// Attendance is a session with the HAProxy that runs, held while something else
// than the lab may put another one in its place: a command of the user's that
// reloads. As after a TakeOver, what the old one has counted and logged is then
// read until it has finished. A HAProxy that is told to finish lives until
// traffic and session have ended, so it is not held for longer than needed.
type Attendance struct {
	lab     *Lab
	session *adminsock.Session
	of      HAProxyID
}

// HAProxyID tells one HAProxy process from another. A container that is started
// again, as a command of the user's may do, gives the same ids again; that its
// HAProxy runs for less long than the one before tells the two apart.
type HAProxyID struct {
	Pid    int // 0: none runs
	uptime int // in seconds
}

// HAProxyOf is the process whose answer to show info this is.
func HAProxyOf(info map[string]string) HAProxyID {
	pid, _ := strconv.Atoi(info["Pid"]) // 0 where none answers
	uptime, _ := strconv.Atoi(info["Uptime_sec"])
	return HAProxyID{pid, uptime}
}

// Same reports whether i is the process that was seen earlier.
func (i HAProxyID) Same(earlier HAProxyID) bool {
	return i.Pid == earlier.Pid && i.uptime >= earlier.uptime
}

// Attend begins one.
func (l *Lab) Attend(ctx context.Context) (*Attendance, error) {
	session, err := l.AdminClient().Open(ctx)
	if err != nil {
		return nil, err
	}
	info, err := session.Info(ctx)
	if err != nil {
		_ = session.Close()
		return nil, err
	}
	return &Attendance{lab: l, session: session, of: HAProxyOf(info)}, nil
}

// Of reports whether this is the process that is attended.
func (a *Attendance) Of(now HAProxyID) bool { return now.Same(a.of) }

// Left says that another HAProxy has taken over from the one attended, which is
// followed to its end.
func (a *Attendance) Left(ctx context.Context) { a.lab.sayFarewell(ctx, a.session) }

// Close ends it where nothing has taken over.
func (a *Attendance) Close() error { return a.session.Close() }
