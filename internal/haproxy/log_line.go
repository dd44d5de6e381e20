package haproxy

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// LogLine is one traffic line of HAProxy's log: a request in mode http, a
// session in mode tcp. Times whose name ends in US are microseconds since
// 1970; timers are milliseconds, and -1 is a phase that was not reached
// (manual section 8.4, "Timing events").
type LogLine struct {
	// ID is what the client sent in CaptureHeader; "" in mode tcp.
	ID string `json:"id,omitempty"`
	// AcceptUS is when the connection was accepted or, on a reused one, when
	// HAProxy was ready for the next request. Its resolution is 1 ms.
	AcceptUS int64 `json:"accept_us"`
	// RequestUS is when the request's headers were complete; 0 in mode tcp and
	// where they never were.
	RequestUS int64 `json:"req_us,omitempty"`
	// EndUS is when the line was written, which is at the end.
	EndUS int64 `json:"end_us"`

	ClientIP   string `json:"ip"`   // source address
	ClientPort int    `json:"port"` // source port; joins a session to its client

	Frontend string `json:"fe"`
	Backend  string `json:"be"`
	// Server is the server's name, or a word in angle brackets: <NOSRV> where
	// none was reached, <STATS>, …; see Ref.
	Server string `json:"srv"`

	State  TerminationState `json:"ts"`
	Status int              `json:"status,omitempty"` // -1: none was sent; 0 in mode tcp
	Bytes  int64            `json:"bytes"`            // sent to the client

	Th int64 `json:"th"`              // handshakes: PROXY protocol, TLS
	Ti int64 `json:"ti,omitempty"`    // idle before the request
	TR int64 `json:"tr,omitempty"`    // receiving the request's headers
	Tw int64 `json:"tw"`              // in queues
	Tc int64 `json:"tc"`              // connecting to the server, retries included
	Tr int64 `json:"tresp,omitempty"` // waiting for the response headers
	Ta int64 `json:"ta,omitempty"`    // active: from the request's first byte to the end
	Tt int64 `json:"tt,omitempty"`    // the whole session, mode tcp

	// Retries counts connection attempts after the first; Redispatched says
	// that the last of them went to another server (the + of %rc).
	Retries      int  `json:"retries"`
	Redispatched bool `json:"redispatched,omitempty"`

	// Connections at the time of writing, this one included.
	Actconn int `json:"actconn"` // on the process
	Feconn  int `json:"feconn"`  // on the frontend
	Beconn  int `json:"beconn"`  // on the backend
	SrvConn int `json:"srvconn"` // on the server

	SrvQueue     int `json:"srvq"` // requests before this one in the server's queue
	BackendQueue int `json:"beq"`  // requests before this one in the backend's queue

	Method string `json:"method,omitempty"`
	URI    string `json:"uri,omitempty"`
}

// ErrNotTraffic is what ParseLogLine returns for a line of HAProxy's log that
// is not about traffic: "Server bk_app/nginx2 is UP", "Proxy app started".
var ErrNotTraffic = errors.New("not a traffic line")

// wireLine is a LogLine as HAProxy writes it: the accept date in milliseconds,
// and two numbers as strings, because one may be empty and one signed.
type wireLine struct {
	LogLine
	AcceptMS  int64  `json:"accept_ms"`
	RequestUS string `json:"req_us"`
	Retries   string `json:"retries"`
}

// unset is what HAProxy logs for a value that is not there, so a client that
// calls its request "-" has given it no id.
const unset = "-"

// ParseLogLine reads one line that HAProxy wrote by LogFormat or LogFormatTCP,
// without or with its line feed. A line that is no JSON object at all is
// ErrNotTraffic; one that begins as an object and does not end as one, such as
// a line that was cut, is another error.
func ParseLogLine(line []byte) (LogLine, error) {
	line = bytes.TrimSpace(line)
	if !bytes.HasPrefix(line, []byte("{")) {
		return LogLine{}, fmt.Errorf("parse log line %.60q: %w", line, ErrNotTraffic)
	}
	var w wireLine
	if err := json.Unmarshal(line, &w); err != nil {
		return LogLine{}, fmt.Errorf("parse log line %.60q: %w", line, err)
	}
	if w.Frontend == "" || w.State == "" {
		return LogLine{}, fmt.Errorf("parse log line %.60q: no frontend or no termination state", line)
	}
	l := w.LogLine
	l.AcceptUS = w.AcceptMS * 1000
	retries, redispatched := strings.CutPrefix(w.Retries, "+")
	n, err := strconv.ParseUint(retries, 10, 31)
	if err != nil {
		return LogLine{}, fmt.Errorf("parse log line: retries: %w", err)
	}
	l.Retries, l.Redispatched = int(n), redispatched
	for _, text := range []*string{&l.ID, &l.Method, &l.URI, &w.RequestUS} {
		if *text == unset {
			*text = ""
		}
	}
	if w.RequestUS != "" {
		if l.RequestUS, err = strconv.ParseInt(w.RequestUS, 10, 64); err != nil {
			return LogLine{}, fmt.Errorf("parse log line: req_us: %w", err)
		}
	}
	return l, nil
}

// Ref is the server that the request went to; the zero ServerRef where it
// reached none.
func (l LogLine) Ref() ServerRef {
	if l.Server == "" || strings.HasPrefix(l.Server, "<") {
		return ServerRef{}
	}
	return ServerRef{Backend: l.Backend, Server: l.Server}
}
