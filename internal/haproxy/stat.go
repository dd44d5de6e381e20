package haproxy

// StatType is the column type of show stat.
type StatType int

// The types of a line of show stat.
const (
	StatFrontend StatType = 0
	StatBackend  StatType = 1
	StatServer   StatType = 2
	StatListener StatType = 3
)

// Stat is one line of show stat: a frontend, a backend, a server or a
// listener (management guide section 9.1, "CSV format"). Counters start at
// HAProxy's start and are 0 where HAProxy leaves the column empty.
type Stat struct {
	Proxy  string   // pxname
	Server string   // svname; FRONTEND or BACKEND for the proxy itself
	Type   StatType // type
	Status Status   // status
	Mode   string   // mode: "http", "tcp"; "" for a server
	Addr   string   // addr: address and port; "" below level operator
	Algo   string   // algo: the backend's balance algorithm

	Weight int64 // weight: effective weight, or a backend's sum of them
	Act    int64 // act: active servers; 1 for a server that is one
	Bck    int64 // bck: backup servers; 1 for a server that is one

	Scur    int64 // scur: sessions now
	Smax    int64 // smax: most sessions at once
	Stot    int64 // stot: sessions since the start
	Qcur    int64 // qcur: requests in the queue now
	Qmax    int64 // qmax: most requests in the queue at once
	BytesIn int64 // bin
	// BytesOut is bout.
	BytesOut int64

	Dreq   int64 // dreq: requests denied
	Dresp  int64 // dresp: responses denied
	Ereq   int64 // ereq: request errors
	Econ   int64 // econ: connections to a server that failed
	Eresp  int64 // eresp: response errors
	Wretr  int64 // wretr: connections that were tried again
	Wredis int64 // wredis: requests sent to another server

	ConnTot int64 // conn_tot: connections since the start
	ReqTot  int64 // req_tot: HTTP requests since the start
	CliAbrt int64 // cli_abrt: transfers aborted by the client
	SrvAbrt int64 // srv_abrt: transfers aborted by the server
	Lbtot   int64 // lbtot: times a server was chosen

	Hrsp1xx, Hrsp2xx, Hrsp3xx, Hrsp4xx, Hrsp5xx, HrspOther int64

	CheckStatus   string // check_status: "L4OK", "L7STS"; "* L4OK" while one runs
	CheckCode     int64  // check_code: the HTTP status of the last check
	CheckDuration int64  // check_duration: ms that the last check took
	LastChk       string // last_chk: what the last check saw, in words
	Chkfail       int64  // chkfail: failed checks
	Chkdown       int64  // chkdown: transitions from UP to DOWN
	Lastchg       int64  // lastchg: s since the last transition
	Downtime      int64  // downtime: s spent DOWN
}

// Ref is the server this line is about; the zero ServerRef if it is about a
// proxy or a listener.
func (s Stat) Ref() ServerRef {
	if s.Type != StatServer {
		return ServerRef{}
	}
	return ServerRef{Backend: s.Proxy, Server: s.Server}
}

// CheckRunning says whether a health check runs at this moment.
func (s Stat) CheckRunning() bool {
	return len(s.CheckStatus) > 1 && s.CheckStatus[:2] == "* "
}

// Find returns the line of server ref.
func Find(stats []Stat, ref ServerRef) (Stat, bool) {
	return find(stats, StatServer, ref.Backend, ref.Server)
}

// Frontend returns the line of the frontend of this name.
func Frontend(stats []Stat, name string) (Stat, bool) {
	return find(stats, StatFrontend, name, "FRONTEND")
}

// Servers returns the lines of all servers, in HAProxy's order.
func Servers(stats []Stat) []Stat {
	var servers []Stat
	for _, s := range stats {
		if s.Type == StatServer {
			servers = append(servers, s)
		}
	}
	return servers
}

func find(stats []Stat, t StatType, proxy, server string) (Stat, bool) {
	for _, s := range stats {
		if s.Type == t && s.Proxy == proxy && s.Server == server {
			return s, true
		}
	}
	return Stat{}, false
}
