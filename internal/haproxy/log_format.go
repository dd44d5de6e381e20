package haproxy

// CaptureHeader is the request header in which a client names its request; it
// comes back as LogLine.ID.
const CaptureHeader = "X-Halab-Id"

// LogLength is the length that the log directive needs ("log ADDRESS len 8192
// format raw local0"), or HAProxy cuts lines at 1024 bytes. It holds a URI of
// HAProxy's 1024 bytes and an id of 64, every byte of them escaped.
const LogLength = 8192

// LogRules returns the rules that LogFormat needs in a frontend of mode http,
// before any other: the request's id, and when its headers were complete. The
// id is captured into slot 0, so no other capture may stand before it.
func LogRules() []string {
	return []string{
		"http-request capture req.hdr(x-halab-id) len 64",
		"http-request set-var(txn.halab_us) date(0,us)",
	}
}

// LogFormat is the log-format for a frontend of mode http: one JSON object a
// request, which ParseLogLine reads. It is the raw text; QuoteArg makes it an
// argument. HAProxy 2.2 to 3.2 accept it (manual section 8.2.4, "Custom log
// format").
//
// The lines of requests that end at the same time may come in any order: every
// thread of HAProxy writes its own.
//
// What a client chooses (id, method, URI) goes through json(utf8s), which
// escapes quotes, backslashes and control bytes and drops what is not UTF-8.
// Numbers that HAProxy may leave empty or sign are strings.
const LogFormat = `{"id":"%[capture.req.hdr(0),json(utf8s)]",` +
	`"req_us":"%[var(txn.halab_us)]",` +
	logCommon +
	`"status":%ST,"th":%Th,"ti":%Ti,"tr":%TR,"tw":%Tw,"tc":%Tc,"tresp":%Tr,"ta":%Ta,` +
	`"method":"%[capture.req.method,json(utf8s)]",` +
	`"uri":"%[capture.req.uri,json(utf8s)]"}`

// LogFormatTCP is the log-format for a frontend of mode tcp: one JSON object a
// session. It needs no rules and carries no id: the client's port joins it to
// the client's connection.
const LogFormatTCP = `{` + logCommon + `"th":%Th,"tw":%Tw,"tc":%Tc,"tt":%Tt}`

// logCommon is what both formats carry. The accept date is %Ts, in seconds,
// with %ms, three digits, behind it: HAProxy before 2.8 has nothing finer.
const logCommon = `"accept_ms":%Ts%ms,"end_us":%[date(0,us)],` +
	`"ip":"%ci","port":%cp,"fe":"%f","be":"%b","srv":"%s","ts":"%ts","bytes":%B,` +
	`"actconn":%ac,"feconn":%fc,"beconn":%bc,"srvconn":%sc,"retries":"%rc","srvq":%sq,"beq":%bq,`
