package scenario

import (
	"fmt"
	"time"
)

// Idle is the lane idle: connections that sleep longer than they speak.
type Idle struct {
	Connections int      `yaml:"connections" min:"1" max:"10000" doc:"Connections to keep; 20 unless said otherwise."`
	Interval    Duration `yaml:"interval" doc:"How long a connection sleeps between two requests; 5s unless said otherwise."`
}

// Conns is the number of connections to keep: 20.
func (i Idle) Conns() int { return positive(i.Connections, 20) }

// EveryD is the time between two requests of the lane: a connection's sleep,
// shared among all of them.
func (i Idle) EveryD() time.Duration {
	return or(i.Interval, 5*time.Second).D() / time.Duration(i.Conns())
}

// Download is the lane download: long responses in flight all the time, at a
// limited rate.
type Download struct {
	Connections int      `yaml:"connections" min:"1" max:"1000" doc:"Downloads in flight at once, in the mean; 4 unless said otherwise. Where a server that serves has none, one more is opened until it has, up to twice as many."`
	Size        int      `yaml:"size" min:"1" max:"1073741824" doc:"Bytes of each; 1048576 unless said otherwise."`
	Lasts       Duration `yaml:"lasts" doc:"How long each takes, by the rate at which nginx sends it; 4s unless said otherwise, and at most half of the traffic's timeout."`
}

// Conns is the number of downloads in flight at once: 4.
func (d Download) Conns() int { return positive(d.Connections, 4) }

// Bytes is the size of each: 1 MiB.
func (d Download) Bytes() int64 { return int64(positive(d.Size, 1<<20)) }

// Rate is how many bytes a second nginx sends of each, at least 1.
func (d Download) Rate() int64 { return max(1, int64(float64(d.Bytes())/d.LastsD().Seconds())) }

// LastsD is how long each takes: 4s.
func (d Download) LastsD() time.Duration { return or(d.Lasts, 4*time.Second).D() }

// Upload is the lane upload: long request bodies in flight all the time, at a
// limited rate.
type Upload struct {
	Connections int      `yaml:"connections" min:"1" max:"1000" doc:"Uploads in flight at once, in the mean; 4 unless said otherwise. HAProxy chooses the server, which is known only when an upload has ended: several for each server keep one on each."`
	Size        int      `yaml:"size" min:"1" max:"16777216" doc:"Bytes of each; 262144 unless said otherwise. nginx holds each in memory, to send it back."`
	Lasts       Duration `yaml:"lasts" doc:"How long each takes, by the rate at which the prober sends it; 4s unless said otherwise, and at most half of the traffic's timeout."`
}

// Conns is the number of uploads in flight at once: 4.
func (u Upload) Conns() int { return positive(u.Connections, 4) }

// Bytes is the size of each: 256 KiB.
func (u Upload) Bytes() int64 { return int64(positive(u.Size, 1<<18)) }

// LastsD is how long each takes: 4s.
func (u Upload) LastsD() time.Duration { return or(u.Lasts, 4*time.Second).D() }

// lanes checks the lanes that depend on the timeouts of others.
func (v *validator) lanes(f *Frontend) {
	t := &v.s.Traffic
	if i := t.Idle; i != nil && f != nil && !v.bad[&i.Connections] && !v.bad[&i.Interval] {
		sleep := or(i.Interval, 5*time.Second).D()
		if limit, what := v.keepAlive(f); sleep >= limit {
			v.report(fmt.Sprintf("less than %s (%s)", limit, what), "",
				fmt.Sprintf("a connection that sleeps %s is closed before it wakes", sleep), &i.Interval, &t.Idle)
		}
	}
	if d := t.Download; d != nil && !v.bad[&d.Lasts] {
		v.lasts("a download", d.LastsD(), &d.Lasts, &t.Download)
	}
	if u := t.Upload; u != nil && !v.bad[&u.Lasts] {
		v.lasts("an upload", u.LastsD(), &u.Lasts, &t.Upload)
	}
}

// lasts reports a transfer that the timeout leaves no room for: it counts
// from the request's intended time to the last byte of its answer.
func (v *validator) lasts(what string, d time.Duration, places ...any) {
	if timeout := v.s.Traffic.TimeoutD(); d > timeout/2 {
		v.report(fmt.Sprintf("at most half of traffic.timeout (%s)", timeout), "",
			fmt.Sprintf("%s of %s could not end in time if it met any delay", what, d), places...)
	}
}
