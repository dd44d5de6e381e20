package labtest

import (
	"errors"
	"io"
	"syscall"
	"testing"
	"time"
)

// Outage is a test of what a lab does whose runtime loses what it depends on.
type Outage struct {
	Subject
	// Env is added to the environment of the halab under test.
	Env []string
	// Begin and End make the outage.
	Begin, End func()
	// Says is what halab has to say.
	Says func(stderr string) bool
}

// Run has the outage begin at some moments of a start, and in a lab that is
// ready and closes. halab has to say what is wrong, and once the outage is over
// nothing may be left.
func (o Outage) Run(t *testing.T) {
	for _, after := range []time.Duration{100 * time.Millisecond, 300 * time.Millisecond, 600 * time.Millisecond} {
		t.Run("start/"+after.String(), func(t *testing.T) {
			o.run(t, func(*testing.T, *Halab) { time.Sleep(after) })
		})
	}
	t.Run("close", func(t *testing.T) {
		o.run(t, func(t *testing.T, h *Halab) { h.says(t, saysReady) })
	})
}

func (o Outage) run(t *testing.T, wait func(*testing.T, *Halab)) {
	t.Helper()
	b := newBench(t, o.Subject)
	h := b.halab(t, o.Env...)
	wait(t, h)
	o.Begin()
	// A lab that was faster than the outage meets it when it closes.
	// One that has ended reads no more.
	if _, err := io.WriteString(h.in, toldClose); err != nil && !errors.Is(err, syscall.EPIPE) {
		t.Error(err)
	}
	err := h.cmd.Wait()
	if err == nil || !o.Says(h.err.String()) {
		t.Errorf("halab ended with %v and said:\n%s", err, h.err.String())
	}
	t.Logf("halab said:\n%s", h.err.String())
	o.End()
	b.wantEmpty(t)
}
