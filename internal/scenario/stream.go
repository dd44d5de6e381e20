package scenario

import (
	"fmt"
	"time"
)

// Stream is the lane stream: connections on which messages go on from the
// begin of the traffic to its end.
type Stream struct {
	Connections int      `yaml:"connections" min:"1" max:"1000" doc:"Streams that are held at once, half of them WebSocket and half server-sent events; 4 unless said otherwise. Where a server that serves has none, one more is opened until it has, up to twice as many."`
	Every       Duration `yaml:"every" doc:"Time between two messages of a stream; 200ms unless said otherwise."`
}

// Conns is the number of streams that are held at once: 4.
func (s Stream) Conns() int { return positive(s.Connections, 4) }

// EveryD is the time between two messages of a stream: 200ms.
func (s Stream) EveryD() time.Duration { return or(s.Every, 200*time.Millisecond).D() }

// stream reports messages that come so rarely that the other side takes the
// stream for dead, or the prober would. Until a WebSocket is a tunnel, and all
// the time for server-sent events, the timeouts of client and server hold; in
// a tunnel that of the tunnel, where one is set (HAProxy manual 4.2, timeout
// tunnel).
func (v *validator) stream() {
	s := v.s.Traffic.Stream
	if s == nil || v.bad[&s.Every] {
		return
	}
	limit, what := v.s.Traffic.TimeoutD()/2, "half of traffic.timeout"
	timeouts := v.s.HAProxy.Defaults.EffectiveTimeout()
	for _, t := range []struct {
		d    Duration
		what string
	}{{timeouts.Client, "timeout client"}, {timeouts.Server, "timeout server"}, {timeouts.Tunnel, "timeout tunnel"}} {
		if t.d > 0 && t.d.D() < limit {
			limit, what = t.d.D(), t.what
		}
	}
	if every := s.EveryD(); every >= limit {
		v.report(fmt.Sprintf("less than %s (%s)", limit, what), "",
			fmt.Sprintf("a stream with a message every %s is taken for dead in between", every), &s.Every, &v.s.Traffic.Stream)
	}
}
