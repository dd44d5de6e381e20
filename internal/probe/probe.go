// Package probe owns the traffic: bare connections on which each request is
// written once, on schedule, and followed to its outcome.
//
// It never retries, never judges, and does not use net/http's client, which
// sends a request again by itself when a reused connection turns out closed.
package probe

import (
	"context"
	"crypto/x509"
	"errors"
	"maps"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"halab/internal/history"
	"halab/internal/render"
)

// Target is what is asked, and what a right answer is.
type Target struct {
	Address string // host:port
	// Frontend names the lanes of this target, where there are several, and
	// Mark tells its requests' ids from those of the others.
	Frontend, Mark string
	// Conns numbers the connections of several targets; nil: this one's alone.
	Conns *atomic.Int64
	// TLS is the address of the bind line with ssl, and CA whom to believe
	// there; empty and nil where the lanes tls and h2 have nothing to do.
	TLS  string
	CA   *x509.CertPool
	Path string
	// Seed is what the schedules of the lanes are drawn from.
	Seed uint64
	// EndStreams tells whoever sends events that the traffic is over, so that
	// each stream of them ends; nil: the prober closes them.
	EndStreams func()
	// Timeout bounds a request from its intended send time.
	Timeout time.Duration
	// Status are the allowed status codes. The body of an answer is compared
	// under status 200.
	Status []int
	// Bodies are the pages by server, backend/server: by the name that the
	// server which answers gives itself.
	Bodies map[string]string
	// PageHeaders has the headers of a page compared with those that nginx gives
	// it: see pageHead.
	PageHeaders bool
}

// Prober sends requests and hands out a record of each.
type Prober struct {
	target  Target
	started time.Time
	emit    func(history.Event)
	addr    *net.TCPAddr
	addrErr error
	page    *ask
	pages   map[string][]content // by server; all of them under ""
	conns   *atomic.Int64        // connections made
	seq     atomic.Int64         // requests that steps sent
	flight  sync.WaitGroup
	counted sync.Mutex
	issued  map[string]int64
	spare   sync.Pool // *conn that were closed, for their buffers
	spread  *spread
}

// errLate says that a request could not be sent for a reason of this
// machine's own.
var errLate = errors.New("the request could not be sent")

// New makes a prober whose times count from started. It calls emit from many
// goroutines, once a request.
func New(t Target, started time.Time, emit func(history.Event)) *Prober {
	p := &Prober{target: t, started: started, emit: emit, pages: map[string][]content{}, issued: map[string]int64{}, conns: t.Conns, spread: newSpread(started)}
	if p.conns == nil {
		p.conns = new(atomic.Int64)
	}
	addr, err := net.ResolveTCPAddr("tcp", t.Address)
	p.addr = addr
	if err != nil {
		p.addrErr = errors.Join(errLate, err)
	}
	for server, text := range t.Bodies {
		p.pages[server] = []content{page(text)}
		p.pages[""] = append(p.pages[""], page(text))
	}
	p.page = &ask{method: "GET", path: t.Path, right: p.contents}
	return p
}

// ask is what a request asks for.
type ask struct {
	method, path string
	upload       pattern       // the request's body; 0: none
	lasts        time.Duration // how long the body takes to send
	// right are the bodies of which one is right under status 200, by the
	// server that answered.
	right func(server string) []content
}

// contents are the pages that are right from a server. One that does not name
// itself, as a program of the user's own, may have any server's page; a server
// that the target does not name has none.
func (p *Prober) contents(server string) []content { return p.pages[server] }

// pageType is the Content-Type that a page has to have, "" where headers are not
// compared.
func (p *Prober) pageType() string {
	if p.target.PageHeaders {
		return render.PageType
	}
	return ""
}

// deadline is when a request times out. It counts from the intended time, so
// that a late start does not give more time.
func (p *Prober) deadline(r *history.Request) time.Time {
	return p.started.Add(r.Intended.D() + p.target.Timeout)
}

// Get sends one GET on a new connection now, records it under the lane
// "step", and returns the record. It takes at most the target's timeout.
func (p *Prober) Get(_ context.Context) history.Request {
	r := p.issue(history.StepLane, p.seq.Add(1), history.Since(p.started))
	s := single{p, p.page}
	if c := s.begin(r); c != nil {
		s.follow(r, c)
	}
	out := *r // the record may change once it is handed out
	p.emit(r)
	return out
}

// issue begins the record of the nth request of a class and counts it.
func (p *Prober) issue(class string, n int64, intended history.Micros) *history.Request {
	p.counted.Lock()
	defer p.counted.Unlock()
	lane := history.LaneName(class, p.target.Frontend)
	p.issued[lane]++
	return &history.Request{ID: class + p.target.Mark + "-" + strconv.FormatInt(n, 10), Lane: lane, Intended: intended}
}

// Issued is how many requests were begun so far, by lane.
func (p *Prober) Issued() map[string]int64 {
	p.counted.Lock()
	defer p.counted.Unlock()
	return maps.Clone(p.issued)
}
