package labtest

import (
	"errors"
	"strings"
	"syscall"
	"testing"
	"time"

	"halab/internal/haproxy"
	"halab/internal/lab"
	"halab/internal/relay"
)

// faults has each fault seen by a request and by HAProxy's checks, and gone
// once it is healed.
func faults(t *testing.T, b *bench) {
	l := b.start(t, func(o *lab.Options) { o.Faulty = []haproxy.ServerRef{active} },
		`version: "2.6"`, `version: "2.6"`+"\n  defaults: {timeout: {check: 5s}}", // else an answer has one inter
		"    servers:", "    httpchk: {method: GET}\n    servers:")
	if _, err := l.Relay(backup); err == nil {
		t.Error("a server of which no fault was to be rehearsed has a relay")
	}
	r, err := l.Relay(active)
	if err != nil {
		t.Fatal(err)
	}
	const slow = 100 * time.Millisecond
	for name, fault := range map[string]func(){
		"delay": func() { r.Delay(slow, 0) },
		"limit": func() { r.Limit(1000) }, // an answer has more than 200 bytes
	} {
		fault()
		awaitCheck(t, l, name, func(s haproxy.Stat) bool { return s.CheckDuration >= slow.Milliseconds() && s.Status.PlainUp() })
		begin := time.Now()
		wantAnswer(t, l, active, activeHeader)
		if took := time.Since(begin); took < slow {
			t.Errorf("%s: an answer took %s", name, took)
		}
		heal(t, r)
		awaitCheck(t, l, name+" is healed", func(s haproxy.Stat) bool { return s.CheckDuration < slow.Milliseconds() && s.Status.PlainUp() })
	}
	for name, fault := range map[string]struct {
		do    func() error
		check string
	}{
		"cut": {r.Cut, "L4TOUT"}, "reset": {r.Reset, "L4CON"},
	} {
		if err := fault.do(); err != nil {
			t.Fatal(err)
		}
		awaitCheck(t, l, name, func(s haproxy.Stat) bool {
			return strings.TrimPrefix(s.CheckStatus, "* ") == fault.check && s.Status.Base() == "DOWN"
		})
		wantAnswer(t, l, backup, backupHeader)
		heal(t, r)
		awaitUp(t, l, active, true)
		wantAnswer(t, l, active, activeHeader)
	}
}

// relayedServer ends behind its relay, and another version starts: HAProxy
// sees what it sees without one.
func relayedServer(t *testing.T, b *bench) {
	l := b.start(t, func(o *lab.Options) { o.Faulty = []haproxy.ServerRef{active} })
	refused := func(s haproxy.Stat) bool {
		return strings.TrimPrefix(s.CheckStatus, "* ") == "L4CON" && s.Status.Base() == "DOWN"
	}
	end(t, l, active, syscall.SIGTERM)
	awaitCheck(t, l, "refused", refused)
	next := b.Programs[backup.String()]
	if err := l.StartServer(t.Context(), active, &next); err != nil {
		t.Fatal(err)
	}
	awaitUp(t, l, active, true)
	wantAnswer(t, l, active, backupHeader)
}

func heal(t *testing.T, r *relay.Relay) {
	t.Helper()
	if err := r.Heal(); err != nil {
		t.Fatal(err)
	}
}

// awaitCheck waits until show stat says so of the active server.
func awaitCheck(t *testing.T, l *lab.Lab, what string, ok func(haproxy.Stat) bool) {
	t.Helper()
	waitFor(t, what, func() bool {
		stats, err := l.AdminClient().Stat(t.Context())
		s, there := haproxy.Find(stats, active)
		if err != nil || !there {
			t.Fatal(errors.Join(err, errors.New(active.String()+" is not in show stat")))
		}
		return ok(s)
	})
}
