package rehearse

import (
	"context"
	"errors"
	"strings"
	"time"

	"halab/internal/haproxy"
	"halab/internal/history"
	"halab/internal/lab"
)

// lookEvery is the time between two looks at who is held up by the host.
const lookEvery = 100 * time.Millisecond

// watchHost looks at who is held up by the host until ctx ends, and waits
// for nobody itself, so that looks which lie far apart mean that halab stood
// still.
func (r *run) watchHost(ctx context.Context) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for last := time.Now(); ctx.Err() == nil; {
		r.starved.look()
		if e := r.starved.record(); e != nil {
			r.writer.Write(e) // who watches may be slow
		}
		now := time.Now()
		r.join.woke(min(now.Sub(last), 2*lookEvery))
		last = now
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
	}
}

// sampleEvery is the time between two looks at show stat.
const sampleEvery = 100 * time.Millisecond

// countersEvery bounds how often a server whose counters alone have moved is
// written down.
const countersEvery = history.Micros(time.Second / time.Microsecond)

// sample records the servers' states as they change, until ctx ends, and lets
// no request wait for its line for ever.
func (r *run) sample(ctx context.Context) {
	tick := time.NewTicker(sampleEvery)
	defer tick.Stop()
	for n := 0; ctx.Err() == nil; n++ {
		r.look(ctx)
		if n%programsEvery == 0 {
			r.lookAtPrograms(ctx)
		}
		r.join.giveUp()
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
	}
}

// look records the servers that have changed since the last look, one look at
// a time, so that what was seen is recorded in the order in which it was seen.
// A look that fails is none: the steps and the accounts at the end ask again.
//
// Which programs run is looked at first: a server that is out by the time its
// nginx ends is then recorded as out before that end.
func (r *run) look(ctx context.Context) {
	r.looking.Lock()
	defer r.looking.Unlock()
	nginx := r.programs.nginx()
	if stats, err := r.lab.AdminClient().Stat(ctx); err == nil {
		r.states(stats, r.seen, false)
		r.frontends(stats)
	}
	r.nginxChanged(nginx)
	if r.programs.attended != nil {
		r.haproxyChanged(ctx)
	}
}

// states records each server that has changed since last, those that HAProxy
// has been given at runtime as well, and each that HAProxy no longer has.
func (r *run) states(stats []haproxy.Stat, last map[haproxy.ServerRef]history.ServerState, final bool) {
	there := map[haproxy.ServerRef]bool{}
	for _, stat := range haproxy.Servers(stats) {
		ref := stat.Ref()
		if !r.Scenario.HasBackend(ref.Backend) {
			continue // the lab's own, such as the ring
		}
		there[ref] = true
		now, was := r.state(ref, stat), last[ref]
		same := now.Status == was.Status && now.Weight == was.Weight && now.Address == was.Address && !was.Gone
		if !final && same && now.At-was.At < countersEvery {
			continue
		}
		last[ref] = now
		r.event(&now)
	}
	for ref, was := range last {
		if !there[ref] && !was.Gone {
			gone := was
			gone.At, gone.Gone, gone.Scur = history.Since(r.started), true, 0
			last[ref] = gone
			r.event(&gone)
		}
	}
}

// frontends records each frontend whose status is another than before.
func (r *run) frontends(stats []haproxy.Stat) {
	for _, f := range r.Scenario.Frontends {
		s, ok := haproxy.Frontend(stats, f.Name)
		status := string(s.Status)
		if !ok {
			status = "GONE"
		}
		if status == "FULL" {
			status = "OPEN"
		}
		was, known := r.fronts[f.Name]
		if r.fronts[f.Name] = status; status != was && (known || status != "OPEN") {
			r.event(&history.FrontendState{At: history.Since(r.started), Frontend: f.Name, Status: status})
		}
	}
}

// state is the server now, its counters since the traffic began.
func (r *run) state(ref haproxy.ServerRef, s haproxy.Stat) history.ServerState {
	base := r.servers[ref]
	return history.ServerState{
		At: history.Since(r.started), Server: ref, Status: string(s.Status), Weight: s.Weight, Address: s.Addr, Backup: s.Bck > 0,
		Scur: s.Scur, Stot: s.Stot - base.Stot, Wretr: s.Wretr - base.Wretr, Wredis: s.Wredis - base.Wredis,
		Econ: s.Econ - base.Econ, Eresp: s.Eresp - base.Eresp, Hrsp5xx: s.Hrsp5xx - base.Hrsp5xx,
	}
}

// farewell bounds the wait for HAProxys that were taken over from: a client
// that keeps an idle connection may hold one until timeout client.
const farewell = 3 * time.Second

// counters records the frontends' and servers' counters since the traffic
// began: what the HAProxy that runs counts, and what each that was taken over
// from had counted.
func (r *run) counters(ctx context.Context, final bool) error {
	stats, err := r.lab.AdminClient().Stat(ctx)
	if err != nil {
		return err
	}
	wait, cancel := context.WithTimeout(ctx, farewell)
	defer cancel()
	pasts := r.lab.Pasts(wait)
	// A HAProxy that a command of the user's put in the place of another one
	// has taken counters away that the lab has not read.
	unread := r.programs.others > len(pasts)
	r.looking.Lock()
	r.states(stats, r.seen, final)
	r.frontends(stats)
	r.looking.Unlock()
	for _, f := range r.Scenario.Frontends {
		sum := history.Counters{At: history.Since(r.started), Proxy: f.Name, Final: final, Partial: unread}
		base := r.baseline[f.Name]
		sum.Stot, sum.ReqTot = -base.Stot, -base.ReqTot
		for _, p := range append(pasts, lab.Past{Stats: stats}) {
			s, ok := haproxy.Frontend(p.Stats, f.Name)
			sum.Stot, sum.ReqTot = sum.Stot+s.Stot, sum.ReqTot+s.ReqTot
			sum.Partial = sum.Partial || p.Err != nil || !ok
		}
		r.event(&sum)
	}
	return nil
}

// logAgain takes a line of a HAProxy that was taken over from.
func (r *run) logAgain(line []byte) {
	parsed, err := haproxy.ParseLogLine(line)
	if err == nil && parsed.ID != "" && r.live.Load() {
		r.join.again(parsed, line)
	}
}

// keepLine writes a line into the log among the results.
func (r *run) keepLine(line []byte) {
	if _, err := r.raw.Write(append(line, '\n')); err != nil {
		r.lost.Add(1)
	}
}

// logLine takes one line of HAProxy's log. What is no traffic line (a server
// that goes down, say) is a message; what ended before the run began (a look
// whether the lab is ready, told late) is in no account.
func (r *run) logLine(line []byte) {
	if !r.live.Load() {
		return // of a lab that comes up: it is no result
	}
	parsed, err := haproxy.ParseLogLine(line)
	switch {
	case errors.Is(err, haproxy.ErrNotTraffic):
		r.event(&history.Message{At: history.Since(r.started), Text: strings.TrimSpace(string(line))})
	case err != nil:
		r.lost.Add(1)
	case parsed.EndUS < r.started.UnixMicro():
		return
	case parsed.ID == "":
		r.event(&history.LogLine{At: history.Since(r.started), LogLine: parsed})
	case !r.join.line(parsed):
		return
	}
	r.keepLine(line)
}
