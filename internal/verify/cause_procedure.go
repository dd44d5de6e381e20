package verify

import (
	"fmt"
	"strings"

	"halab/internal/history"
)

// nothingDone: no step sent a command.
func nothingDone(e *evidence) Cause {
	if len(e.deeds) > 0 || e.failed != nil || e.run.end == nil || e.run.end.Error != "" {
		return Cause{}
	}
	return Cause{What: "No step does anything: they only wait and look.", Instead: "`maint: backend/server` would take a server out."}
}

// tooManyOut: steps had more servers out at a time than the weight allows.
func tooManyOut(e *evidence) Cause {
	f := e.finding("capacity")
	if f == nil || f.Result != Fail {
		return Cause{}
	}
	var out []string
	for _, ref := range e.run.scenario.ServerRefs() {
		if server := ref.String(); e.takenOut(server, f.First+1) > 0 {
			out = append(out, server)
		}
	}
	if len(out) < 2 {
		return Cause{}
	}
	return Cause{Step: f.Step, What: fmt.Sprintf("%s: %s were out at the same time.", e.step(f.Step), strings.Join(out, " and ")),
		Instead: "Put each back and wait until it is UP before the next one is taken out."}
}

// drainTooShort: a step waited for sessions to end, and they took longer.
func drainTooShort(e *evidence) Cause {
	f := e.failed
	if f == nil || f.Kind != "expect" && f.Kind != "wait" || !strings.Contains(f.Text, "sessions:") {
		return Cause{}
	}
	for _, ref := range e.run.scenario.ServerRefs() {
		server := ref.String()
		var n int64
		_, seen, _ := strings.Cut(f.Error, server+" has ")
		if _, err := fmt.Sscanf(seen, "%d session", &n); err != nil || n == 0 || e.takenOut(server, f.At) == 0 {
			continue
		}
		c := Cause{Step: f.Index, What: fmt.Sprintf("%s: %s still had %s when the time was over.", e.step(f.Index), server, plural(n, "session"))}
		if d := e.run.scenario.Traffic.Download; d != nil {
			c.Instead = fmt.Sprintf("A download lasts %s: `within` has to be longer than that.", d.LastsD())
		}
		return c
	}
	return Cause{}
}

// waitedInVain: a step waited for a server to come up that a step had taken
// out.
func waitedInVain(e *evidence) Cause {
	f := e.failed
	if f == nil || f.Kind != "expect" || !strings.Contains(f.Text, "state: UP") {
		return Cause{}
	}
	for _, ref := range e.run.scenario.ServerRefs() {
		server := ref.String()
		if step := e.takenOut(server, f.At); step > 0 && names(f.Text, ref) {
			return Cause{Step: f.Index, What: fmt.Sprintf("%s: %s was out since %s, and no step had put it back.", e.step(f.Index), server, e.step(step)),
				Instead: fmt.Sprintf("`ready: %s` comes before it.", server)}
		}
	}
	return Cause{}
}

// wrongVersion: a step expected the header of a version that nobody in
// service runs.
func wrongVersion(e *evidence) Cause {
	f := e.failed
	if f == nil || f.Kind != "expect" || !strings.Contains(f.Text, "header:") || len(f.gets) == 0 {
		return Cause{}
	}
	last := f.gets[len(f.gets)-1]
	for _, r := range f.gets {
		if r.Outcome != history.OK || r.Header != last.Header {
			return Cause{}
		}
	}
	c := Cause{Step: f.Index, What: fmt.Sprintf("%s: every GET was answered by %s, which runs %s.", e.step(f.Index), last.Server, last.Header)}
	for _, p := range e.run.header.Software {
		if p.Name == "nginx" && strings.Contains(strings.ToLower(f.Text), "nginx/"+p.Got) {
			c.Instead = fmt.Sprintf("nginx %s is what %s runs: it has to be in service alone, or %s has to get that version.", p.Got, p.Role, last.Server)
			return c
		}
	}
	c.Instead = "No server of this lab runs the version that the step expects."
	return c
}

// contentDiffers: a server's answers were whole, and not the page that the
// scenario gives it.
func contentDiffers(e *evidence) Cause {
	for _, ref := range e.run.scenario.ServerRefs() {
		server, first := ref.String(), 0
		h := e.lost(func(k lossKind) bool {
			is := k.server == server && k.outcome == history.WrongBody
			if is && (first == 0 || k.step < first) {
				first = k.step
			}
			return is
		})
		if h.all > 0 {
			c := Cause{Step: first, What: fmt.Sprintf("%s answered %s with another page than the scenario says.", server, h),
				Instead: "Compare what the two versions serve before the new one gets traffic; `content` says what is right."}
			if first > 0 {
				c.What = e.step(first) + ": " + c.What
			}
			return c
		}
	}
	return Cause{}
}

// queueTimeout: the servers that were left take fewer requests at a time than
// there were.
func queueTimeout(e *evidence) Cause {
	for _, d := range e.deeds {
		h := e.lost(func(k lossKind) bool { return k.step == d.step && k.state == "sQ" })
		if h.all == 0 {
			continue
		}
		for _, server := range e.servers(backendOf(d.server)) {
			if s := e.configured(server); s != nil && s.MaxConn > 0 && e.serving(server, d.at+1) {
				return Cause{Step: d.step,
					What:    fmt.Sprintf("%s: %s waited for %s until timeout queue (sQ), for it takes %s at a time.", e.step(d.step), h, server, plural(int64(s.MaxConn), "request")),
					Instead: "maxconn has to be enough for the traffic of all that it stands in for."}
			}
		}
	}
	return Cause{}
}

// leftBehind: a server that serves in the end was never given the version
// that it should have.
func leftBehind(e *evidence) Cause {
	if f := e.finding(finalVersionName); f == nil || f.Result != Fail {
		return Cause{}
	}
	for _, ref := range e.run.scenario.ServerRefs() {
		server := ref.String()
		versions := e.run.judge.headers[server]
		want := e.run.scenario.Expect.Version.For(ref.Backend)
		if len(versions) == 1 && want != "" && !e.run.isVersion(versions[0], want) && e.serving(server, e.run.last) {
			return Cause{What: fmt.Sprintf("%s was in service to the end with %s: no step gave it another version.", server, versions[0]),
				Instead: fmt.Sprintf("`replace: {server: %s, nginx: %s}` while it is out does, and `rolling` forgets none.", server, want)}
		}
	}
	return Cause{}
}
