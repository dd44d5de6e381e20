package verify

import (
	"fmt"
	"slices"
	"strings"

	"halab/internal/history"
	"halab/internal/scenario"
)

// class is what an outcome means for the verdict.
type class int

const (
	fine class = iota
	lost
	stale
	unsent
	// undecided is a request of which nobody can know whether it was lost: see
	// doubt.
	undecided
)

// judge sorts requests into classes. It takes nobody's word for ok: what the
// record of a request itself contradicts is lost.
type judge struct {
	statuses []int
	timeout  history.Micros
	headers  map[string][]string // Server headers by server, in lower case: several where a step starts another version
	servers  map[string]string   // server by Server header, "" where several show it
	reaches  []reach             // the commands of the user's that were read so far

	// header is the Server header that was last seen, and lowered that in lower
	// case: they come again and again.
	header, lowered string

	// now is the request that every rule is looking at, and of its class.
	now *history.Request
	of  class
}

func newJudge(s *scenario.Scenario, h *history.Header) *judge {
	j := &judge{statuses: s.Expect.Statuses(), timeout: history.M(s.Traffic.TimeoutD()), headers: map[string][]string{}, servers: map[string]string{}}
	for _, p := range h.Software {
		if p.Name != "nginx" {
			continue
		}
		header := strings.ToLower(p.Name + "/" + p.Got)
		j.headers[p.Role] = append(j.headers[p.Role], header)
		if role, twice := j.servers[header]; twice && role != p.Role {
			j.servers[header] = ""
		} else {
			j.servers[header] = p.Role
		}
	}
	return j
}

// take makes a request the one that the rules look at. An answer that does
// not name its server is given a name.
func (j *judge) take(r *history.Request) *history.Request {
	if r.Server == "" && r.Header != "" {
		named := *r
		named.Server = j.named(r)
		r = &named
	}
	j.now, j.of = r, j.sort(r)
	return r
}

// lower is a Server header in lower case.
func (j *judge) lower(header string) string {
	if header != j.header {
		j.header, j.lowered = header, strings.ToLower(header)
	}
	return j.lowered
}

// class is the class of a request.
func (j *judge) class(r *history.Request) class {
	if r == j.now {
		return j.of
	}
	return j.sort(r)
}

// sort finds it: whatever is not known to be fine is lost.
func (j *judge) sort(r *history.Request) class {
	switch {
	case r.Outcome == history.Stale:
		return stale
	case r.Outcome == history.Unsent:
		return unsent
	case r.Outcome == history.OK && j.contradiction(r) != "":
		return lost
	case j.doubt(r) != none:
		return undecided
	case r.Outcome == history.OK:
		return fine
	}
	return lost
}

// cause is the short form under which losses are counted.
func (j *judge) cause(r *history.Request) string {
	switch {
	case r.Outcome == history.OK:
		return j.contradiction(r)
	case r.Outcome == "":
		return "no outcome"
	case r.Status >= 400:
		return fmt.Sprintf("%s %d", r.Outcome, r.Status)
	}
	return string(r.Outcome)
}

// switchingProtocols is the status with which a WebSocket begins.
const switchingProtocols = 101

// contradiction says why an answer that is called ok cannot be, or "": its
// status is not allowed, its body is short or long, it came too late, or it is
// of no server or version that runs in the lab. Which of the lab's versions
// runs where a command of the user's may have changed.
func (j *judge) contradiction(r *history.Request) string {
	headers, known := j.headers[r.Server]
	_, version := j.servers[j.lower(r.Header)]
	switch {
	case !slices.Contains(j.statuses, r.Status) && !(r.Class() == history.StreamLane && r.Status == switchingProtocols):
		return fmt.Sprintf("ok with status %d", r.Status)
	case r.Got != r.Want:
		return fmt.Sprintf("ok with %d of %d bytes", r.Got, r.Want)
	case j.late(r) && !j.served(r) && !j.unserved(r):
		return fmt.Sprintf("ok after %s, of %s", round(answered(r)-r.Intended), round(j.timeout))
	case r.Status >= 400 && r.Server == "" && r.Header == "" && !byServer(r.Log):
		return "" // HAProxy's own answer, which the scenario allows
	case r.Header == "":
		return "no Server header"
	case !version:
		return fmt.Sprintf("Server: %q is no version of this lab", r.Header)
	case r.Server != "" && !known:
		return fmt.Sprintf("%.100s is no server of this lab", r.Server)
	case j.otherVersion(r) && !j.commanded(r, always):
		return fmt.Sprintf("Server: %q from %s, which runs %s", r.Header, r.Server, strings.Join(headers, " and later "))
	}
	return ""
}

// byServer reports whether HAProxy's log says that a server gave the answer.
func byServer(l *history.Seen) bool { return l != nil && l.State.Clean() }
