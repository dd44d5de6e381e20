package render

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	parser "github.com/haproxytech/config-parser/v5"
	"github.com/haproxytech/config-parser/v5/params"
	"github.com/haproxytech/config-parser/v5/types"

	"halab/internal/haproxy"
	"halab/internal/scenario"
)

// part is a section and the path of the scenario that it came from.
type part struct {
	*section
	origin  string
	comment string // a line before it, where all of it is the lab's
}

// haproxyCfg puts the sections in the order of the article: what is global,
// then the backends, then the frontends that use them.
func haproxyCfg(s *scenario.Scenario, t Target) ([]byte, []string, error) {
	parts := []part{{section: global(s, t), origin: "haproxy.global"}}
	if !s.HAProxy.Defaults.Bare {
		parts = append(parts, part{section: defaults(s), origin: "haproxy.defaults"})
	}
	if t.LogSocket != "" {
		parts = append(parts, part{section: ring(t), comment: "# " + lab + ": HAProxy's log waits here until halab has read it.\n"})
	}
	parts = append(parts, proxies(s, t)...)
	var out strings.Builder
	var origins []string
	title := heading(s, t)
	out.WriteString(title)
	origins = append(origins, make([]string, strings.Count(title, "\n"))...)
	for _, p := range parts {
		text, err := p.String()
		if err != nil {
			return nil, nil, err
		}
		text = p.comment + text
		out.WriteString("\n" + text)
		origins = append(append(origins, ""), lineOrigins(text, p.origin)...)
	}
	return []byte(out.String()), origins, nil
}

func heading(s *scenario.Scenario, t Target) string {
	text := "# " + s.Name + "\n"
	if !t.Plain {
		text += "# Lines marked '# lab' are the lab's own; halab render --plain leaves them out.\n"
	}
	return text
}

// lineOrigins follows the lines of one section: a server line comes from that
// server, every other from the section.
func lineOrigins(text, origin string) []string {
	var out []string
	server := 0
	for line := range strings.Lines(text) {
		from := origin
		if strings.HasPrefix(strings.TrimSpace(line), "server ") && origin != "" {
			from = fmt.Sprintf("%s.servers[%d]", origin, server)
			server++
		}
		out = append(out, from)
	}
	return out
}

func global(s *scenario.Scenario, t Target) *section {
	g := newSection(parser.Global, "")
	if n := s.HAProxy.Global.MaxConn; n > 0 {
		g.set("maxconn", &types.Int64C{Value: int64(n)})
	}
	g.set("stats timeout", &types.StringC{Value: "30s"})
	stateFile(g, s, t)
	if t.Plain {
		g.add("log", types.Log{Address: "/dev/log", Facility: "local0"})
		g.add("log", types.Log{Address: "/dev/log", Facility: "local1", Level: "notice"})
		g.add("stats socket", types.Socket{Path: "/run/haproxy/admin.sock", Params: []params.BindOption{
			&params.BindOptionValue{Name: "mode", Value: "660"}, &params.BindOptionValue{Name: "level", Value: "admin"},
		}})
		return g
	}
	target := "stderr"
	if t.LogSocket != "" {
		target = "ring@" + Ring
	}
	g.add("log", types.Log{Address: target, Length: haproxy.LogLength, Format: "raw", Facility: "local0", Comment: lab})
	for _, address := range t.Sockets {
		g.add("stats socket", types.Socket{Path: address, Params: socketParams(address), Comment: lab})
	}
	return g
}

// Startup is what HAProxy reads beside its configuration when a lab starts, and
// never again: by default the first checks of a backend are spread over one
// inter, so a lab of two servers would wait a second before both are known to be
// up (HAProxy manual 3.1, max-spread-checks). A HAProxy that is reloaded takes
// a server for up until its first check, in production for as long as that is
// spread, and has to do so here. The value stays with the process: it also
// brings forward the first check of a server that is added at runtime.
const Startup = "global\n  max-spread-checks 10 # " + lab + ", until it is ready\n"

// StateFile is the name of the server-state-file in the lab's directory.
const StateFile = "server-state"

// stateFile is where a HAProxy finds what was saved of the servers' state,
// where the defaults say that it looks.
func stateFile(g *section, s *scenario.Scenario, t Target) {
	if s.HAProxy.Defaults.LoadServerStateFromFile == "" {
		return
	}
	if t.Plain {
		g.set("server-state-file", &types.StringC{Value: "/var/lib/haproxy/" + StateFile})
		return
	}
	g.set("server-state-file", &types.StringC{Value: t.Dir + "/" + StateFile, Comment: lab})
}

// socketParams are those of one stats socket. mode is for a path alone;
// expose-fd lets a new HAProxy take the listeners over.
func socketParams(address string) []params.BindOption {
	level := &params.BindOptionValue{Name: "level", Value: "admin"}
	if !strings.HasPrefix(address, "/") {
		return []params.BindOption{level}
	}
	return []params.BindOption{
		&params.BindOptionValue{Name: "mode", Value: "600"}, level,
		&params.BindOptionDoubleWord{Name: "expose-fd", Value: "listeners"},
	}
}

// Ring is the name of the ring that holds HAProxy's log.
const Ring = "halab"

// ring is where HAProxy keeps its log until halab has read it. A ring is
// read over a stream, so a burst waits in memory, where a datagram would be
// dropped (HAProxy manual 3.9, Rings).
func ring(t Target) *section {
	r := newSection(parser.Ring, Ring)
	r.set("format", &types.StringC{Value: "raw", Comment: lab})
	r.set("maxlen", &types.Int64C{Value: 8192, Comment: lab})
	size := int64(16 << 20)
	r.set("size", &types.StringC{Value: strconv.FormatInt(size, 10), Comment: lab})
	r.set("timeout connect", &types.SimpleTimeout{Value: "5s", Comment: lab})
	r.set("timeout server", &types.SimpleTimeout{Value: "10s", Comment: lab})
	r.add("server", types.Server{Name: "halab", Address: "unix@" + t.LogSocket, Comment: lab,
		Params: []params.ServerOption{&params.ServerOptionValue{Name: "log-proto", Value: "octet-count"}}})
	return r
}

func defaults(s *scenario.Scenario) *section {
	d := newSection(parser.Defaults, "")
	src := s.HAProxy.Defaults
	d.add("log", types.Log{Global: true})
	d.set("mode", &types.StringC{Value: src.EffectiveMode()})
	for _, o := range src.EffectiveOption() {
		d.option(o, "")
	}
	if src.Retries != nil {
		d.set("retries", &types.Int64C{Value: int64(*src.Retries)})
	}
	if from := src.LoadServerStateFromFile; from != "" {
		d.set("load-server-state-from-file", &types.LoadServerStateFromFile{Argument: from})
	}
	for _, to := range timeouts(src.EffectiveTimeout()) {
		if to.value != 0 {
			d.set("timeout "+to.name, &types.SimpleTimeout{Value: duration(to.value.D())})
		}
	}
	return d
}

type namedTimeout struct {
	name  string
	value scenario.Duration
}

func timeouts(t scenario.Timeouts) []namedTimeout {
	return []namedTimeout{
		{"check", t.Check},
		{"client", t.Client},
		{"connect", t.Connect},
		{"http-keep-alive", t.HTTPKeepAlive},
		{"http-request", t.HTTPRequest},
		{"queue", t.Queue},
		{"server", t.Server},
		{"tunnel", t.Tunnel},
	}
}

// duration writes d in HAProxy's largest unit that loses nothing (HAProxy
// manual 2.5, Time format).
func duration(d time.Duration) string {
	units := []struct {
		name string
		size time.Duration
	}{{"h", time.Hour}, {"m", time.Minute}, {"s", time.Second}, {"ms", time.Millisecond}}
	for _, u := range units {
		if d >= u.size && d%u.size == 0 {
			return strconv.FormatInt(int64(d/u.size), 10) + u.name
		}
	}
	return strconv.FormatInt(d.Microseconds(), 10) + "us"
}

func number(text string) *int64 {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return nil
	}
	return &n
}
