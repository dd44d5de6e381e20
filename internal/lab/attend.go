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
	pid     int
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
	pid, _ := strconv.Atoi(info["Pid"])
	return &Attendance{lab: l, session: session, pid: pid}, nil
}

// Of reports whether this is the process that is attended.
func (a *Attendance) Of(pid int) bool { return a.pid == pid }

// Left says that another HAProxy has taken over from the one attended, which is
// followed to its end.
func (a *Attendance) Left(ctx context.Context) { a.lab.sayFarewell(ctx, a.session) }

// Close ends it where nothing has taken over.
func (a *Attendance) Close() error { return a.session.Close() }
