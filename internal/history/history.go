// Package history owns the record of a run: what was sent, what was done and
// what was seen, as events in a file of JSON lines, and the codec for it.
//
// It never judges: that is verify's. It never sends anything.
package history

import (
	"time"

	"halab/internal/haproxy"
)

// Version is the version of the file format, in the Header.
const Version = 1

// Event is one line of a history: *Header, *Request, *Step, *ServerState,
// *FrontendState, *Program, *Host, *Counters, *LogLine, *Message, *Note or *End.
type Event interface{ kind() string }

// Micros is a time as an offset from Header.Started on the monotonic clock,
// or a length of time, in whole microseconds.
type Micros int64

// Since is the offset of now.
func Since(started time.Time) Micros { return Micros(time.Since(started).Microseconds()) }

// M converts a length of time.
func M(d time.Duration) Micros { return Micros(d.Microseconds()) }

// D converts back.
func (m Micros) D() time.Duration { return time.Duration(m) * time.Microsecond }

// String writes the time as a duration: 1.5s.
func (m Micros) String() string { return m.D().String() }

// Header is the first event of every history.
type Header struct {
	Version  int       `json:"version"`
	Halab    string    `json:"halab"`
	Lab      string    `json:"lab"`
	Started  time.Time `json:"started"`
	File     string    `json:"file"`
	Scenario string    `json:"scenario"` // the scenario's YAML text, whole
	// Control says what the run leaves out, where it is a control.
	Control string `json:"control,omitempty"`
	// Controlled says that the run is to be judged together with a control of
	// it, which is a history of its own.
	Controlled bool `json:"controlled,omitempty"`
	// Try is which run of the same procedure this is, from 2 where those before
	// it proved nothing because the host held them up; 0: the only one.
	Try int `json:"try,omitempty"`
	// Seed is what the schedules of the lanes were drawn from.
	Seed uint64 `json:"seed,omitempty"`
	// PageHeaders says that the headers of a page were compared, as far as they
	// are: see docs/what-a-verdict-means.md.
	PageHeaders bool `json:"page_headers,omitempty"`

	Runtime  string     `json:"runtime"`
	Why      string     `json:"why,omitempty"` // why this runtime was taken
	Software []Software `json:"software"`
	// LabChanges is what the lab does otherwise than production does and what
	// may change the verdict by that, in a few words each.
	LabChanges []string `json:"lab_changes,omitempty"`
	// Lanes are the traffic classes with their schedule.
	Lanes []Lane `json:"lanes"`
	// Steps is how many steps the procedure has, compound ones written out.
	Steps int `json:"steps"`
}

// Software is one program of the lab: the version asked for and the one that
// its binary reported.
type Software struct {
	Role   string `json:"role"` // "haproxy" or "bk_app/nginx1"
	Name   string `json:"name"` // "haproxy" or "nginx"
	Asked  string `json:"asked"`
	Got    string `json:"got"`
	Source string `json:"source"` // where it came from
	// Substitute says that Got is not Asked: the nearest newer version that
	// could be had stands in for it.
	Substitute bool `json:"substitute,omitempty"`
}

// Lane is the schedule of one traffic class.
type Lane struct {
	Name     string `json:"name"`
	Interval Micros `json:"interval_us"` // between two intended send times
}

// Request is one request from its intended send time to its outcome.
type Request struct {
	ID        string  `json:"id"`                      // "new-17"; sent in the header X-Halab-Id
	Lane      string  `json:"lane"`                    // a class, or one and its frontend: see LaneName
	Conn      int64   `json:"conn,omitempty"`          // connection number, unique in the run; 0: none
	Port      int     `json:"port,omitempty"`          // local port of the connection
	Reuse     int     `json:"reuse,omitempty"`         // requests that the connection had carried before
	Intended  Micros  `json:"intended_us"`             // when the schedule wanted it sent
	Sent      Micros  `json:"sent_us,omitempty"`       // when its first byte was written; 0: never, so nobody can have it
	First     Micros  `json:"first_us,omitempty"`      // when the first byte of the answer came; 0: never
	Quiet     Micros  `json:"quiet_us,omitempty"`      // the longest that a stream was without a message; 0 for anything else
	QuietFrom Micros  `json:"quiet_from_us,omitempty"` // when that began; 0: not known
	Starved   Micros  `json:"starved_us,omitempty"`    // how long the host held up HAProxy, nginx or halab while the client waited for longer than a second or until its time was up; no more than that time
	StarvedBy string  `json:"starved_by,omitempty"`    // by what, mostly: one of the HeldBy names; "" in older histories
	Done      Micros  `json:"done_us"`                 // when the outcome was known
	Status    int     `json:"status,omitempty"`        // 0: no status line
	Header    string  `json:"header,omitempty"`        // Server header: "nginx/1.18.0"
	Server    string  `json:"server,omitempty"`        // server that answered: "bk_app/nginx2"
	Put       int64   `json:"put,omitempty"`           // body bytes written with the request
	Want      int64   `json:"want,omitempty"`          // body bytes expected
	Got       int64   `json:"got,omitempty"`           // body bytes got
	Outcome   Outcome `json:"outcome"`
	Error     string  `json:"error,omitempty"` // for people; empty when OK
	Log       *Seen   `json:"log,omitempty"`   // what HAProxy logged of it; nil: no line came
}

// Began is when the request was sent, or was due where it never was.
func (r *Request) Began() Micros {
	if r.Sent > 0 {
		return r.Sent
	}
	return r.Intended
}

// Seen is what HAProxy's log says of one request. Timers are milliseconds, -1
// where a phase was not reached (HAProxy manual 8.4, Timing events).
type Seen struct {
	State        haproxy.TerminationState `json:"ts"`
	Server       string                   `json:"srv"` // backend/server, or backend/<NOSRV>
	Status       int                      `json:"status"`
	Bytes        int64                    `json:"bytes"`
	Arrived      Micros                   `json:"arrived_us,omitempty"` // its headers were complete; 0: never
	Tw           int64                    `json:"tw"`                   // in queues
	Tc           int64                    `json:"tc"`                   // connecting, retries included
	Tr           int64                    `json:"tr"`                   // until the response's headers
	Ta           int64                    `json:"ta"`                   // all of it
	Retries      int                      `json:"retries,omitempty"`
	Redispatched bool                     `json:"redispatched,omitempty"`
}

// Outcome says how a request ended. Each is told apart by how far the request
// came, as the client can know it:
//
//	no connection       refused, unreachable, connect timeout; Conn and Sent are 0
//	nothing written     stale; tls handshake; reset or closed on a new
//	                    connection; Sent is 0
//	no byte of answer   in flight, closed, reset, timeout; First is 0
//	part of an answer   truncated, timeout, malformed; First is not 0
//	a whole answer      ok, wrong body, the statuses; Status is not 0
//
// Closed while reused. A server may close an idle connection at any time, and
// the close may cross a request on its way (RFC 9112 sections 9.3.1 and 9.5).
// The prober looks into the socket right before it writes:
//
//   - Stale: the close or reset had come in before anything was written. That
//     is certain, and so is that nobody took the request: any client may send
//     it again. The tick of a stale request has probed nothing.
//   - InFlight: nothing had come in when the request was written, and the
//     connection ended before the first byte of an answer. The client cannot
//     know whether the other side had read the request. It may have lost it;
//     or it may have closed the idle connection while the request was on its
//     way, within the time that the way takes. Only the other side knows: a
//     line of HAProxy's log with the request's id says that HAProxy had it; no
//     line, where none was lost, says that the close crossed it.
//
// Nothing is sent again in either case: one tick is one record.
//
// HTTP/2 says more: a stream above the last one that a GOAWAY names was
// written and certainly not processed, so that any client may send it again
// (RFC 9113 sections 6.8 and 8.7). It is stale, with Sent 0: nobody has it. A
// stream that is reset is lost, whatever the reset says of it: HAProxy 2.2 and
// 2.6 also refuse one (REFUSED_STREAM) whose request a server had read.
type Outcome string

// The outcomes of a request.
const (
	OK             Outcome = "ok"
	Refused        Outcome = "refused"           // connection refused
	Unreachable    Outcome = "unreachable"       // no way to the address
	ConnectTimeout Outcome = "connect timeout"   // no connection in time
	Handshake      Outcome = "tls handshake"     // the other side's certificate does not verify, it refused the handshake, or speaks no TLS
	Reset          Outcome = "reset"             // new connection, or a stream of HTTP/2, reset before the first byte of an answer
	Closed         Outcome = "closed"            // new connection, closed before the first byte of an answer
	Stale          Outcome = "stale"             // reused connection, closed before anything was written
	InFlight       Outcome = "in flight"         // reused connection, closed or reset after the request was written, before the first byte of an answer
	Truncated      Outcome = "truncated"         // an answer began, and the connection ended before it did
	WrongBody      Outcome = "wrong body"        // complete, but not what was asked for
	Proxy5xx       Outcome = "proxy 5xx"         // HAProxy answered with a 5xx of its own
	Server5xx      Outcome = "server 5xx"        // a server answered with a 5xx
	BadStatus      Outcome = "unexpected status" // any other status that is not allowed
	Timeout        Outcome = "timeout"           // no complete answer in time
	Malformed      Outcome = "malformed"         // not an HTTP response, or bytes that belong to none
	Unsent         Outcome = "unsent"            // the prober fell behind its schedule, or out of ports or descriptors
)

// Step is one moment of a step: its start, a command that it sends, or its end.
type Step struct {
	At    Micros `json:"at_us"`
	Index int    `json:"index"` // from 1
	Kind  string `json:"kind"`
	Text  string `json:"text"` // "maint: bk_app/nginx2"
	// Of is the step of the scenario that this one belongs to, where that is
	// written as one that stands for several.
	Of    string `json:"of,omitempty"`
	Line  int    `json:"line"`
	Phase Phase  `json:"phase"`
	// AnyServer says that the command may be for any of the servers: it is the
	// user's own. Touches are those that it is meant for, where the scenario
	// says so, each backend/server or "haproxy".
	AnyServer bool     `json:"any_server,omitempty"`
	Touches   []string `json:"touches,omitempty"`
	// Server is the one that a command was for; Sessions is how many it had
	// then (scur), where the step looked.
	Server   string `json:"server,omitempty"`
	Sessions *int64 `json:"sessions,omitempty"`
	// InService says that HAProxy sent new requests to the server then: it was
	// up, active and had a weight.
	InService bool `json:"in_service,omitempty"`
	// Version is that of the nginx which the command starts on Server, where
	// it is another than the one that ran there.
	Version string `json:"version,omitempty"`
	// Takeover says that the command puts another HAProxy process in the
	// place of the one that runs, whose counters begin at 0.
	Takeover bool   `json:"takeover,omitempty"`
	Command  string `json:"command,omitempty"`
	Answer   string `json:"answer,omitempty"`
	// Saw is the state of Server that the step waited for and saw, on its end;
	// on a command of step manual the state that it was brought to by hand.
	Saw string `json:"saw,omitempty"`
	// Outlived says on the end of a user's command that what it had started
	// still ran.
	Outlived bool   `json:"outlived,omitempty"`
	Error    string `json:"error,omitempty"`
}

// Phase is a moment of a step.
type Phase string

// The moments of a step: it begins, it sends a command (maybe several), it
// ends. Look is a command that only asks: nothing can come of it.
const (
	Begin   Phase = "begin"
	Command Phase = "command"
	Look    Phase = "look"
	Ended   Phase = "end"
)

// ServerState is a server as show stat told it: whenever its status or weight
// changed, and at least once a second while its counters move. The counters
// are increments since the traffic began, under their names in show stat
// (HAProxy Management Guide 9.1).
type ServerState struct {
	At     Micros            `json:"at_us"`
	Server haproxy.ServerRef `json:"server"`
	Status string            `json:"status"`
	Weight int64             `json:"weight"`
	// Address is where HAProxy connects to it; Gone that HAProxy has no such
	// server any more.
	Address string `json:"address,omitempty"`
	Gone    bool   `json:"gone,omitempty"`
	Backup  bool   `json:"backup,omitempty"`
	Scur    int64  `json:"scur"`
	Stot    int64  `json:"stot"`
	Wretr   int64  `json:"wretr,omitempty"`
	Wredis  int64  `json:"wredis,omitempty"`
	Econ    int64  `json:"econ,omitempty"`
	Eresp   int64  `json:"eresp,omitempty"`
	Hrsp5xx int64  `json:"hrsp_5xx,omitempty"`
}

// TakesTraffic reports whether HAProxy sends new requests to the server.
func (s *ServerState) TakesTraffic() bool {
	return !s.Gone && s.Weight > 0 && haproxy.Status(s.Status).Serving()
}

// FrontendState is a frontend whose status in show stat is another than when
// it was last recorded; each is OPEN when the traffic begins. FULL counts as
// OPEN.
type FrontendState struct {
	At       Micros `json:"at_us"`
	Frontend string `json:"frontend"`
	Status   string `json:"status"`
}

// Program is what runs in a role of the lab ("haproxy" or backend/server):
// when the traffic begins and whenever it is another process.
type Program struct {
	At   Micros `json:"at_us"`
	Role string `json:"role"`
	// Pid is the id of its main process as that one itself gives it; 0 means
	// that none runs.
	Pid int `json:"pid,omitempty"`
	// Workers are the process ids of an nginx's workers, in order, where they
	// can be seen. An event with the Pid of the one before it tells of workers
	// that are new, or in a container of a new process.
	Workers []int `json:"workers,omitempty"`
	// Version is HAProxy's, as it reports it.
	Version string `json:"version,omitempty"`
}

// Message is a line of HAProxy's log that is not about traffic: a server that
// went down, a backend without servers.
type Message struct {
	At   Micros `json:"at_us"`
	Text string `json:"text"`
}

// Counters are the frontend's counters at one moment, as increments since
// the traffic began.
type Counters struct {
	At     Micros `json:"at_us"`
	Proxy  string `json:"proxy"`
	Stot   int64  `json:"stot"`
	ReqTot int64  `json:"req_tot"`
	Final  bool   `json:"final,omitempty"` // taken after the last request
	// Partial says that a HAProxy which was taken over from had not finished,
	// so that its counters are not among these.
	Partial bool `json:"partial,omitempty"`
}

// LogLine is a traffic line of HAProxy's log that belongs to no request of
// the prober: in mode tcp a session, in mode http somebody else's request.
type LogLine struct {
	At Micros `json:"at_us"`
	haproxy.LogLine
}

// What held up the lab's programs or halab, each named by its measurement.
const (
	HeldByCPU   = "cpu"   // they waited for a processor: /proc/PID/schedstat
	HeldByDisk  = "io"    // they were blocked while the host waited for disks or memory: /proc/PID/stat, /proc/pressure
	HeldBySteal = "steal" // the hypervisor gave the host's processors to others: /proc/stat
	HeldBySelf  = "halab" // halab's own looks were late: it was suspended, or CPU-starved
)

// Host is what the host counted in a time of about a second, where that was
// much: the pressure stall information of Linux (/proc/pressure), the time that
// its processors were stolen, and how long of it the lab was held up by all
// that.
type Host struct {
	At     Micros `json:"at_us"`               // its end
	Lasted Micros `json:"lasted_us"`           // its length
	Held   Micros `json:"held_us,omitempty"`   // HAProxy, nginx or halab
	HeldBy string `json:"held_by,omitempty"`   // by what, mostly: one of the HeldBy names; "" in older histories
	CPU    Micros `json:"cpu_us,omitempty"`    // some task waited for a processor
	IO     Micros `json:"io_us,omitempty"`     // some task waited for a disk
	Memory Micros `json:"memory_us,omitempty"` // some task waited for memory
	Steal  Micros `json:"steal_us,omitempty"`  // of one processor
}

// Note is something worth telling that is none of the above.
type Note struct {
	At   Micros `json:"at_us"`
	Text string `json:"text"`
}

// End is the last event of a run that was not cut. Error says why the run
// could not be carried through; it is empty when it was.
type End struct {
	At    Micros `json:"at_us"`
	Error string `json:"error,omitempty"`
	// LostLogLines could not be kept or read, and OrphanLogLines carry an id
	// that is no request's.
	LostLogLines   int64 `json:"lost_log_lines,omitempty"`
	OrphanLogLines int   `json:"orphan_log_lines,omitempty"`
	// Issued is how many requests the prober began on each lane, unsent ones
	// too: each has its record, whatever became of it.
	Issued map[string]int64 `json:"issued,omitempty"`
}
