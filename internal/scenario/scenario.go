// Package scenario owns the YAML scenario: its Go types, its parser, its
// validation and the JSON Schema made from the same types.
//
// It never starts anything, never reads a file and knows no step kind: the
// kinds are handed to Parse by whoever carries them out.
package scenario

import (
	"slices"

	"halab/internal/haproxy"
)

// APIVersion is the only value of apiVersion that Parse accepts.
const APIVersion = "halab/v1"

// Scenario is one rehearsal: the setup, the traffic, the procedure and what
// has to hold.
type Scenario struct {
	APIVersion string     `yaml:"apiVersion" required:"true" enum:"halab/v1" doc:"Version of this format."`
	Name       string     `yaml:"name" required:"true" format:"title" doc:"Name of the scenario; also the default name of its lab."`
	Teaches    string     `yaml:"teaches" format:"line" doc:"One line that says what running it teaches."`
	HAProxy    HAProxy    `yaml:"haproxy" required:"true" doc:"The HAProxy in front."`
	Frontends  []Frontend `yaml:"frontends" doc:"Frontends, as in haproxy.cfg."`
	Backends   []Backend  `yaml:"backends" doc:"Backends, as in haproxy.cfg."`
	Listens    []Listen   `yaml:"listens" doc:"listen sections, as in haproxy.cfg: each is a frontend and a backend in one."`
	Traffic    Traffic    `yaml:"traffic" doc:"What is sent through the frontend while the steps run."`
	Steps      []Step     `yaml:"steps" doc:"The procedure, in order."`
	OnFailure  []Step     `yaml:"on-failure" doc:"What is done when a step fails: the way back. The verdict is FAIL all the same."`
	// Control and ProtectingStep are about the run without protection.
	Control        bool `yaml:"control" doc:"Run the procedure once more without its protecting step, which must come out red."`
	ProtectingStep int  `yaml:"protecting-step" min:"1" max:"10000" doc:"The number of the step that the control leaves out; the last maint or drain unless said otherwise."`

	Expect Expect `yaml:"expect" doc:"What has to hold for the verdict PASS, and the verdict this scenario must have."`

	// File is the name the scenario was read from, for messages.
	File string `yaml:"-"`
	// Source is the text it was parsed from, byte for byte.
	Source []byte `yaml:"-"`

	// places is where every value stood, by its path: backends[0].servers[1].
	places map[string]Pos
}

// HAProxy is the proxy's version and the global and defaults sections.
type HAProxy struct {
	Version  string   `yaml:"version" required:"true" format:"version" doc:"HAProxy version, as precise as it matters: 2.6 takes any 2.6.x."`
	Global   Global   `yaml:"global" doc:"Settings of the global section."`
	Defaults Defaults `yaml:"defaults" doc:"Settings of the defaults section. Silent ones are what Debian's stock haproxy.cfg gives."`
}

// Global is the part of the global section that a scenario may set.
type Global struct {
	MaxConn int `yaml:"maxconn" min:"1" max:"1000000" doc:"global maxconn."`
}

// Defaults is the defaults section. Bare stands for none at all: no mode (so
// TCP), no timeouts, no options, just as when the lines of a file are all
// there is.
type Defaults struct {
	Bare    bool     `yaml:"bare" doc:"No defaults at all: no mode (so TCP), no timeouts, no options."`
	Mode    string   `yaml:"mode" enum:"http,tcp" doc:"mode of the proxies; http unless said otherwise."`
	Timeout Timeouts `yaml:"timeout" doc:"timeout connect, client, server, …"`
	Option  []string `yaml:"option" format:"option" doc:"HAProxy options, each as after the word option: redispatch, idle-close-on-response, …"`
	Retries *int     `yaml:"retries" min:"0" max:"100" doc:"retries: connection attempts after the first."`
	// LoadServerStateFromFile global has each HAProxy begin with the state of
	// the servers that a step save_state has saved.
	LoadServerStateFromFile string `yaml:"load-server-state-from-file" enum:"global" doc:"load-server-state-from-file: a HAProxy begins with what a step save_state has saved. The file is the lab's."`
}

// Timeouts are HAProxy's timeouts; zero leaves one out.
type Timeouts struct {
	Connect       Duration `yaml:"connect" doc:"timeout connect"`
	Client        Duration `yaml:"client" doc:"timeout client"`
	Server        Duration `yaml:"server" doc:"timeout server"`
	Queue         Duration `yaml:"queue" doc:"timeout queue"`
	Check         Duration `yaml:"check" doc:"timeout check"`
	Tunnel        Duration `yaml:"tunnel" doc:"timeout tunnel"`
	HTTPKeepAlive Duration `yaml:"http-keep-alive" doc:"timeout http-keep-alive"`
	HTTPRequest   Duration `yaml:"http-request" doc:"timeout http-request"`
}

// Frontend is one frontend section.
type Frontend struct {
	Name           string   `yaml:"name" required:"true" format:"name" doc:"Name of the frontend."`
	Bind           string   `yaml:"bind" required:"true" format:"bind" doc:"Address and port, as after the word bind: :80, 127.0.0.1:8080."`
	SSL            *SSL     `yaml:"ssl" doc:"A second bind line, with ssl; the lab makes the certificate."`
	Mode           string   `yaml:"mode" enum:"http,tcp" doc:"mode of this frontend, where it differs from the defaults."`
	Option         []string `yaml:"option" format:"option" doc:"HAProxy options of this frontend."`
	DefaultBackend string   `yaml:"default_backend" required:"true" format:"name" doc:"The backend that gets the traffic."`
	// Listen marks the frontend of a listen section.
	Listen bool `yaml:"-"`
}

// Backend is one backend section.
type Backend struct {
	Name    string   `yaml:"name" required:"true" format:"name" doc:"Name of the backend."`
	Mode    string   `yaml:"mode" enum:"http,tcp" doc:"mode of this backend, where it differs from the defaults."`
	Balance string   `yaml:"balance" enum:"roundrobin,static-rr,leastconn,first,source,random,uri" doc:"balance algorithm; HAProxy's own default is roundrobin."`
	Option  []string `yaml:"option" format:"option" doc:"HAProxy options of this backend."`
	HTTPChk *HTTPChk `yaml:"httpchk" doc:"An HTTP health check (option httpchk) instead of a connection."`
	Retries *int     `yaml:"retries" min:"0" max:"100" doc:"retries: connection attempts after the first."`
	Servers []Server `yaml:"servers" required:"true" doc:"The servers and templates of servers, in order; one of them may stand without a list."`
	// Listen marks the backend of a listen section.
	Listen bool `yaml:"-"`
}

// HTTPChk is option httpchk with http-check expect.
type HTTPChk struct {
	Method string `yaml:"method" enum:"GET,HEAD,OPTIONS" doc:"Request method; OPTIONS is HAProxy's own default."`
	URI    string `yaml:"uri" format:"uri" doc:"Request path, / unless said otherwise."`
	Status int    `yaml:"status" min:"100" max:"599" doc:"The status to expect; any 2xx or 3xx where it is silent."`
}

// Server is one server line and the nginx behind it.
type Server struct {
	Name    string `yaml:"name" required:"true" format:"name" doc:"Name of the server."`
	Address string `yaml:"address" required:"true" format:"address" doc:"Address and port, as in haproxy.cfg. A process lab may use another free port and says so."`
	ServerParams
}

// ServerParams are what servers may have in common.
type ServerParams struct {
	Nginx string `yaml:"nginx" required:"true" format:"version" doc:"nginx version that listens there."`

	Check  bool     `yaml:"check" doc:"Health checks on."`
	Backup bool     `yaml:"backup" doc:"Takes traffic only while no active server can."`
	Weight *int     `yaml:"weight" min:"0" max:"256" doc:"weight"`
	Inter  Duration `yaml:"inter" doc:"inter: time between two checks; HAProxy's own default is 2s."`
	Rise   int      `yaml:"rise" min:"1" max:"1000" doc:"rise: passed checks until UP."`
	Fall   int      `yaml:"fall" min:"1" max:"1000" doc:"fall: failed checks until DOWN."`

	MaxConn      int    `yaml:"maxconn" min:"1" max:"1000000" doc:"maxconn of this server."`
	Observe      string `yaml:"observe" enum:"layer4,layer7" doc:"observe: watch live traffic for errors."`
	ErrorLimit   int    `yaml:"error-limit" min:"1" max:"100000" doc:"error-limit: errors until on-error acts."`
	OnError      string `yaml:"on-error" enum:"fastinter,fail-check,sudden-death,mark-down" doc:"on-error"`
	OnMarkedDown string `yaml:"on-marked-down" enum:"shutdown-sessions" doc:"on-marked-down"`

	Content string `yaml:"content" format:"text" doc:"The page that nginx serves; a line with the server's name unless said otherwise."`
}

// Traffic says what is sent, and around the steps for how long.
type Traffic struct {
	Frontend string `yaml:"frontend" format:"name" doc:"Frontend that the traffic goes to; the first one unless said otherwise."`
	// Frontends stands in place of Frontend.
	Frontends []string  `yaml:"frontends" format:"name" doc:"Several frontends that the traffic goes to, each of which gets all of it."`
	Path      string    `yaml:"path" format:"uri" doc:"Path of the requests, / unless said otherwise."`
	Timeout   Duration  `yaml:"timeout" doc:"A request without a complete answer after this counts as timeout; 10s unless said otherwise."`
	Before    Duration  `yaml:"before" doc:"Traffic before the first step; 2s unless said otherwise."`
	After     Duration  `yaml:"after" doc:"Traffic after the last step; 2s unless said otherwise."`
	Poll      *Poll     `yaml:"poll" doc:"The article's loop: one GET on a new connection at an interval."`
	New       *New      `yaml:"new" doc:"A new connection for every request, open loop."`
	Kept      *Kept     `yaml:"kept" doc:"Reused connections, open loop."`
	Idle      *Idle     `yaml:"idle" doc:"Connections that sleep longer than they speak: the ones that a reload closes."`
	Download  *Download `yaml:"download" doc:"Long responses in flight all the time, compared byte for byte."`
	Upload    *Upload   `yaml:"upload" doc:"Long request bodies in flight all the time, sent back by nginx and compared byte for byte."`
	Stream    *Stream   `yaml:"stream" doc:"WebSocket and server-sent events, held from the start of the traffic to its end, every message compared."`
	TLS       *TLS      `yaml:"tls" doc:"HTTP/1.1 over TLS, a new connection for every request, open loop."`
	H2        *H2       `yaml:"h2" doc:"HTTP/2 over TLS, many requests at once on each connection, open loop."`
}

// Poll is the lane poll.
type Poll struct {
	Interval Duration `yaml:"interval" doc:"Time between two GETs; 2s unless said otherwise."`
}

// New is the lane new.
type New struct {
	Rate float64 `yaml:"rate" required:"true" format:"rate" min:"0.1" max:"20000" doc:"Requests a second."`
}

// Kept is the lane kept.
type Kept struct {
	Rate        float64 `yaml:"rate" required:"true" format:"rate" min:"0.1" max:"20000" doc:"Requests a second, over all connections."`
	Connections int     `yaml:"connections" min:"1" max:"10000" doc:"Connections to keep; 10 unless said otherwise."`
}

// Expect is the budget of every invariant and the verdict the scenario must
// have. Silence means: nothing lost, nothing masked.
type Expect struct {
	Verdict      string   `yaml:"verdict" enum:"PASS,FAIL,INCONCLUSIVE" doc:"The verdict this scenario must have; PASS unless said otherwise."`
	Reason       string   `yaml:"reason" format:"line" doc:"Words that a reason of the verdict must contain, so that a FAIL for another reason does not count."`
	Causes       []string `yaml:"causes" format:"title" doc:"Causes that the verdict must name, these and no others; the report of a run gives their names."`
	Status       []int    `yaml:"status" min:"100" max:"599" doc:"Allowed status codes; 200 unless said otherwise."`
	Lost         int      `yaml:"lost" min:"0" max:"1000000000" doc:"Requests that may be lost; 0 unless said otherwise."`
	Stale        int      `yaml:"stale" min:"0" max:"1000000000" doc:"Reused connections that may turn out closed before the request was written."`
	MaxGap       Duration `yaml:"max-gap" doc:"Largest gap between two probes in a step's window beyond which the run proves nothing."`
	Masked       int      `yaml:"masked" min:"0" max:"1000000000" doc:"Requests that may have been answered only after a retry or a redispatch, which their client does not see; 0 unless said otherwise."`
	Terminations []string `yaml:"terminations" doc:"Termination states of HAProxy's log, two characters each, that are allowed beside -- for requests that were answered as expected."`
	Latency      *Latency `yaml:"latency" doc:"Bounds for the latency while the steps run."`
	MinWeight    int      `yaml:"min-weight" min:"0" max:"100000" doc:"The weight of the servers that are up, per backend, never falls below this."`
	Undrained    int      `yaml:"undrained" min:"0" max:"1000000" doc:"Sessions that a server which HAProxy no longer sends to may still have when it is stopped; 0 unless said otherwise."`
	Version      Versions `yaml:"version" format:"version" doc:"nginx version that every answer shows to a request sent when the steps are over; one for all, or a mapping with one for each backend."`
	Switch       *Switch  `yaml:"switch" doc:"From which server the traffic moves to which."`
}

// Latency bounds the latency while the steps run.
type Latency struct {
	P99    Duration `yaml:"p99" doc:"The largest p99, counted from the intended send time; downloads and uploads, which last by intent, are left out."`
	Factor float64  `yaml:"factor" min:"1" max:"1000000" doc:"How many times the p99 before the steps it may be."`
	Max    Duration `yaml:"max" doc:"The longest that one answer, or the next message of a stream, may be waited for from the first command to the end of the traffic; 1s unless said otherwise, or what it took before the steps. Of a download or an upload, how much longer than lasts it may take, if that is more than 1s."`
}

// Switch is the move of traffic from one server to another.
type Switch struct {
	From   string   `yaml:"from" required:"true" format:"server" doc:"Server (backend/server) that answers before."`
	To     string   `yaml:"to" required:"true" format:"server" doc:"Server (backend/server) that answers after."`
	Within Duration `yaml:"within" doc:"Longest time from the command to the first answer of the new server; 2s unless said otherwise."`
	Back   bool     `yaml:"back" doc:"The traffic returns to the first server at the end (a rollback)."`
}

// Server returns the server that ref names, or nil.
func (s *Scenario) Server(ref haproxy.ServerRef) *Server {
	for b := range s.Backends {
		if s.Backends[b].Name != ref.Backend {
			continue
		}
		for i := range s.Backends[b].Servers {
			if s.Backends[b].Servers[i].Name == ref.Server {
				return &s.Backends[b].Servers[i]
			}
		}
	}
	return nil
}

// HasBackend reports whether the scenario has a backend of this name.
func (s *Scenario) HasBackend(name string) bool {
	return slices.ContainsFunc(s.Backends, func(b Backend) bool { return b.Name == name })
}
