package scenario

import (
	"fmt"
	"slices"
)

// SSL is a second bind line of a frontend, on which it speaks TLS beside the
// first, on which it does not. Both count as one frontend.
type SSL struct {
	Bind string   `yaml:"bind" required:"true" format:"bind" doc:"Address and port, as after the word bind: :443."`
	ALPN []string `yaml:"alpn" enum:"h2,http/1.1" doc:"alpn: the protocols that are offered, in order. Silent, none is negotiated."`
}

// The protocols of alpn (RFC 9113 section 3.2, RFC 7301 section 6).
const (
	ALPNHTTP2 = "h2"
	ALPNHTTP1 = "http/1.1"
)

// TLS is the lane tls.
type TLS struct {
	Rate float64 `yaml:"rate" required:"true" format:"rate" min:"0.1" max:"20000" doc:"Requests a second, each with a handshake of its own."`
}

// H2 is the lane h2.
type H2 struct {
	Rate        float64 `yaml:"rate" required:"true" format:"rate" min:"0.1" max:"20000" doc:"Requests a second, over all connections."`
	Connections int     `yaml:"connections" min:"1" max:"1000" doc:"Connections to keep; 2 unless said otherwise. Requests in flight at once share them."`
}

// Conns is the number of connections to keep: 2.
func (h H2) Conns() int { return positive(h.Connections, 2) }

// ssl checks the bind line with ssl of a frontend.
func (v *validator) ssl(f *Frontend) {
	if f.SSL == nil || v.s.mode(f.Mode) == ModeHTTP {
		return
	}
	for i := range f.SSL.ALPN {
		if p := &f.SSL.ALPN[i]; *p == ALPNHTTP2 && v.ok(p) {
			v.report("mode http", "", "alpn h2 in mode tcp: HAProxy would hand HTTP/2 to servers that do not speak it", p)
		}
	}
}

// sslLanes refuses lanes in a protocol that the frontend does not speak.
func (v *validator) sslLanes(f *Frontend) {
	t := &v.s.Traffic
	if t.TLS != nil && f != nil {
		v.speaks("tls", ALPNHTTP1, f, &t.TLS)
	}
	if t.H2 == nil || f == nil {
		return
	}
	if v.s.mode(f.Mode) == ModeTCP && !v.bad[&f.Mode] {
		v.report("mode http", "", fmt.Sprintf("lane h2 needs mode http, and frontend %s is mode tcp", f.Name), &t.H2)
		return
	}
	v.speaks("h2", ALPNHTTP2, f, &t.H2)
}

// speaks reports a lane whose protocol the frontend does not offer. HTTP/1.1
// needs no offer: it is what is spoken where nothing is negotiated.
func (v *validator) speaks(lane, protocol string, f *Frontend, place any) {
	switch {
	case v.bad[&f.SSL]:
	case f.SSL == nil:
		v.report("a frontend with a bind line that has ssl", fmt.Sprintf(`ssl: {bind: ":443", alpn: [h2, http/1.1]}, in frontend %s`, f.Name),
			fmt.Sprintf("lane %s needs TLS, which frontend %s does not speak", lane, f.Name), place)
	case v.bad[&f.SSL.ALPN], slices.Contains(f.SSL.ALPN, protocol), protocol == ALPNHTTP1 && len(f.SSL.ALPN) == 0:
	default:
		v.report("a frontend that offers "+protocol, fmt.Sprintf("alpn: [h2, http/1.1], in line %d", v.lineOf(&f.SSL)),
			fmt.Sprintf("lane %s needs %s, which frontend %s does not offer", lane, protocol, f.Name), place)
	}
}
