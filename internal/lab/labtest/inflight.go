package labtest

import (
	"errors"
	"fmt"
	"io"
	"syscall"
	"testing"

	"halab/internal/haproxy"
)

// inFlight has downloads under way while their server is taken out of service
// and ended: what the doc comments of the kinds of step say of each.
func inFlight(t *testing.T, b *bench) {
	// It is in flight for longer than any engine takes to carry a signal.
	l := b.start(t, nil, "frontends:\n", "traffic:\n  download: {size: 300000, lasts: 5s}\nfrontends:\n")
	ctx, admin, role := soon(t), l.AdminClient(), active.String()
	weight := func(value string) error { _, err := admin.SetWeight(ctx, active, value); return err }
	state := func(s haproxy.ServerAction) error { return admin.SetState(ctx, active, s) }
	downloads := map[string]*flight{}
	for what, spares := range map[string]func() error{
		"maint":  func() error { return errors.Join(state(haproxy.Maint), state(haproxy.Ready)) },
		"drain":  func() error { return errors.Join(state(haproxy.Drain), state(haproxy.Ready)) },
		"weight": func() error { return errors.Join(weight("0"), weight("1")) },
		"pause":  func() error { return errors.Join(l.Pause(ctx, role), l.Resume(ctx, role)) },
		"reload": func() error { return l.ReloadServer(ctx, active) },
	} {
		downloads[what] = takeOff(t, l)
		if err := spares(); err != nil {
			t.Fatal(what, err)
		}
	}
	downloads["quit"] = takeOff(t, l)
	end(t, l, active, syscall.SIGQUIT)
	for what, download := range downloads {
		t.Run(what, func(t *testing.T) { download.lands(t, activeHeader) })
	}
	for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL} {
		if err := l.StartServer(soon(t), active, nil); err != nil {
			t.Fatal(err)
		}
		awaitUp(t, l, active, true)
		download := takeOff(t, l)
		end(t, l, active, sig)
		if err := download.breaks(); err != nil {
			t.Errorf("%v: %v", sig, err)
		}
	}
}

// breaks is nil where the download ends before it is whole.
func (f *flight) breaks() error {
	n, err := io.Copy(io.Discard, f.resp.Body)
	if n += f.read; err == nil || n >= f.resp.ContentLength || f.resp.StatusCode != 200 {
		return fmt.Errorf("%d of %d bytes under status %d (%v), want fewer", n, f.resp.ContentLength, f.resp.StatusCode, err)
	}
	return nil
}
