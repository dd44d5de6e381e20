package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"halab/internal/haproxy"
	"halab/internal/lab"
)

// accessSource ends the names of the sources that are access logs.
const accessSource = " access"

// readable is a line of a log as people read it.
type readable struct {
	source string
	at     time.Time // zero where the line has none
	stamp  string    // at, as exact as the line has it
	text   string
}

// read makes a line readable. What is no line of a request, and no dated line of
// nginx's, stays as it is. zone is that of nginx's
// dates, local that of the stamps.
func read(l logLine, zone, local *time.Location) readable {
	role, access := strings.CutSuffix(l.Source, accessSource)
	out := readable{source: role, text: l.Text}
	switch {
	case l.Source == lab.HAProxyRole:
		if line, err := haproxy.ParseLogLine([]byte(l.Text)); err == nil {
			out.at, out.text = time.UnixMicro(line.EndUS), traffic(line)
		}
	case access:
		if line, ok := parseAccess(l.Text); ok {
			out.at, out.text = line.at, line.String()
		}
	default:
		at, rest, ok := nginxDate(l.Text, zone)
		if ok {
			return readable{role, at, at.In(local).Format(time.TimeOnly), rest}
		}
	}
	if !out.at.IsZero() {
		out.stamp = out.at.In(local).Format(stampLayout)
	}
	return out
}

// traffic is a line of HAProxy's about a request or a session, in the order of
// option httplog; the timers are TR/Tw/Tc/Tr/Ta, or Tw/Tc/Tt in mode tcp.
func traffic(l haproxy.LogLine) string {
	server := l.Backend + "/" + l.Server
	status, timers := strconv.Itoa(l.Status), fmt.Sprintf("%d/%d/%d/%d/%d", l.TR, l.Tw, l.Tc, l.Tr, l.Ta)
	if l.Status == 0 {
		status, timers = "tcp", fmt.Sprintf("%d/%d/%d", l.Tw, l.Tc, l.Tt)
	}
	out := fmt.Sprintf("%s→%s  %3s  %s  %s ms", l.Frontend, server, status, l.State, timers)
	if l.Method != "" {
		out += fmt.Sprintf("  %s %s", l.Method, l.URI)
	}
	if l.Retries > 0 {
		out += fmt.Sprintf("  (retries %d", l.Retries)
		if l.Redispatched {
			out += ", redispatched"
		}
		out += ")"
	}
	if !l.State.Clean() {
		out += "  # " + l.State.Explain()
	}
	return out
}

// accessLine is a line of the access log that the lab gives nginx.
type accessLine struct {
	at       time.Time
	status   string
	bytes    string
	complete bool
	request  string
}

func (l accessLine) String() string {
	out := fmt.Sprintf("%s  %s bytes  %s", l.status, l.bytes, l.request)
	if !l.complete {
		out += "  (not sent whole)"
	}
	return out
}

// parseAccess reads a line of log_format halab (nginx.conf.tmpl). The id before
// the time is a client's choice and may have spaces, but no quote.
func parseAccess(line string) (accessLine, bool) {
	head, request, ok := strings.Cut(line, ` "`)
	request, quoted := strings.CutSuffix(request, `"`)
	fields := strings.Split(head, " ")
	if !ok || !quoted || len(fields) < 5 {
		return accessLine{}, false
	}
	fields = fields[len(fields)-4:]
	seconds, millis, dotted := strings.Cut(fields[0], ".")
	ms, err := strconv.ParseUint(seconds+millis, 10, 53)
	if err != nil || !dotted || len(millis) != 3 {
		return accessLine{}, false
	}
	return accessLine{time.UnixMilli(int64(ms)), fields[1], fields[2], fields[3] == "OK", request}, true
}

// nginxDate reads the date that a line of nginx's error log begins with.
func nginxDate(line string, zone *time.Location) (at time.Time, rest string, ok bool) {
	const layout = "2006/01/02 15:04:05"
	if len(line) <= len(layout) || line[len(layout)] != ' ' {
		return time.Time{}, line, false
	}
	at, err := time.ParseInLocation(layout, line[:len(layout)], zone)
	return at, line[len(layout)+1:], err == nil
}
