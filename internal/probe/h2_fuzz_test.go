package probe

import (
	"bytes"
	"io"
	"testing"

	"golang.org/x/net/http2/hpack"

	"halab/internal/scenario"
)

type fuzzSeed struct{ bytes.Buffer }

// seed adds what play writes.
func (p *h2Peer) seed(play func(p *h2Peer), f *testing.F, to *fuzzSeed) {
	to.Reset()
	p.fields.Reset()
	p.enc = hpack.NewEncoder(&p.fields)
	play(p)
	f.Add(bytes.Clone(to.Bytes()))
}

// bareH2 is a connection on which this comes in.
func bareH2(p *Prober, in []byte) *h2Conn {
	c := &h2Conn{p: p, raw: &conn{}, streams: map[uint32]*stream{}, send: firstWindow, lastID: maxWindow, made: true,
		dead: make(chan struct{}), control: make(chan func() error, maxControl)}
	c.framer = newFramer(struct {
		io.Reader
		io.Writer
	}{bytes.NewReader(in), io.Discard})
	return c
}

func newTLSFor(p *Prober) sender { return newTLS(p, scenario.Traffic{}) }
