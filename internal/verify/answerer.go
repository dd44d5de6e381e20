package verify

import (
	"fmt"
	"slices"

	"halab/internal/history"
)

// Who answered is the server that names itself in the answer; the name that
// HAProxy has for it stands in the request's log line. The two are one until a
// command of the user's gives HAProxy another address for a server, or a server
// more. What the traffic came to (switch, flap, versions) goes by the first;
// what HAProxy did (states, causes, drained) by the second.

// reach is a command of the user's and what it may have changed.
type reach struct {
	at      history.Micros
	touches []string
}

// foresee notes a command of the user's as soon as it is read: a request is
// judged when it began, and may have been answered after a later command.
func (j *judge) foresee(e history.Event) {
	if s, ok := e.(*history.Step); ok && s.Phase == history.Command && s.AnyServer {
		j.reaches = append(j.reaches, reach{s.At, s.Touches})
	}
}

// commanded reports whether a command of the user's, sent after a time, may
// have decided who or what answered a request.
func (j *judge) commanded(r *history.Request, after history.Micros) bool {
	for _, c := range j.reaches {
		if c.at > after && c.at <= answeredAt(r) && (mayTouch(c.touches, r.Server) || r.Log != nil && mayTouch(c.touches, r.Log.Server)) {
			return true
		}
	}
	return false
}

// always is before every command.
const always history.Micros = -1

// named is who gave an answer that does not name its server: the one that
// HAProxy sent the request to, where it says so, and otherwise the one that
// runs the version which the answer shows. "" is none that is known. It is an
// answer of a program of the user's own, or of a lab in mode tcp whose servers
// did not name themselves yet.
func (j *judge) named(r *history.Request) string {
	if r.Log != nil && j.headers[r.Log.Server] != nil {
		return r.Log.Server
	}
	return j.servers[j.lower(r.Header)]
}

// otherVersion reports whether a server answered as a version of the lab that no
// step of halab's put there.
func (j *judge) otherVersion(r *history.Request) bool {
	headers, known := j.headers[r.Server]
	return known && r.Header != "" && !slices.Contains(headers, j.lower(r.Header))
}

// answeredAs puts on a command's account that a server answers as another
// version of the lab.
func (u *userCommands) answeredAs(r *history.Request) {
	if len(u.list) == 0 || !u.run.otherVersion(r) || u.run.class(r) != fine {
		return
	}
	a := answerer{u.run.lower(r.Header), r.Server}
	if u.versions[a] || len(u.versions) >= maxChanges {
		return
	}
	for _, c := range slices.Backward(u.list) {
		if c.at <= answeredAt(r) && (c.mayTouch(r.Server) || r.Log != nil && c.mayTouch(r.Log.Server)) {
			u.versions[a] = true
			c.changes = append(c.changes, change{what: r.Server, how: fmt.Sprintf("answered as %.100s", r.Header)})
			return
		}
	}
}
