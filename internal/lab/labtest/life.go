package labtest

import (
	"errors"
	"os"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sys/unix"

	"halab/internal/haproxy"
	"halab/internal/lab"
)

var lifeCases = []testCase{
	{"close twice", closeTwice},
	{"name taken", nameTaken},
	{"release, open, remove", releaseOpenRemove},
	{"two labs", twoLabs},
}

func closeTwice(t *testing.T, b *bench) {
	before := held(t)
	l := b.start(t, nil)
	if held(t) == before {
		t.Error("no port is held for the lab")
	}
	for range 2 {
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		b.wantEmpty(t)
	}
	if now := held(t); now != before {
		t.Errorf("%d ports are held, there were %d before the lab", now, before)
	}
}

// held is how many ports this process keeps from others: sockets that are bound,
// and neither listen nor are connected.
func held(t *testing.T) (n int) {
	t.Helper()
	fds, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range fds {
		fd, err := strconv.Atoi(e.Name())
		if err != nil {
			t.Fatal(err)
		}
		name, err := unix.Getsockname(fd)
		at, ok := name.(*unix.SockaddrInet4)
		if err != nil || !ok || at.Port == 0 {
			continue // gone by now, no socket of this kind, or bound to nothing
		}
		listens, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ACCEPTCONN)
		_, peerless := unix.Getpeername(fd)
		if err == nil && listens == 0 && peerless != nil {
			n++
		}
	}
	return n
}

func nameTaken(t *testing.T, b *bench) {
	named := func(o *lab.Options) { o.Name = "mine" }
	l := b.start(t, named)
	o := b.options(t)
	named(&o)
	if _, err := lab.Start(t.Context(), parse(t), b.New(), b.Programs, o); !errors.Is(err, lab.ErrTaken) {
		t.Errorf("second lab of the same name: %v, want %v", err, lab.ErrTaken)
	}
	wantAnswer(t, l, active, activeHeader) // the first one took no harm
}

// releaseOpenRemove is the way of a lab that stays: whoever removes it has
// nothing but its record.
func releaseOpenRemove(t *testing.T, b *bench) {
	o := b.options(t)
	o.Name, o.Stay = "stays", true
	l, err := lab.Start(t.Context(), parse(t), b.New(), b.Programs, o)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Release(); err != nil {
		t.Fatal(errors.Join(err, l.Close()))
	}
	// Nobody is left who would remove it.
	for _, p := range processes(t, b.tmp) {
		if strings.Contains(p, keepWord) {
			t.Errorf("the keeper was not released: %s", p)
		}
	}
	rec, err := lab.Open(b.state, "")
	if err != nil {
		t.Fatal(err)
	}
	if rec.ID != l.ID || rec.Frontends["app"] != l.Frontends["app"] || rec.AdminTCP != l.AdminTCP {
		t.Errorf("opened %+v, want %+v", rec, l.Record)
	}
	wantAnswer(t, l, active, activeHeader)
	for range 2 {
		if err := rec.Remove(t.Context(), b.New()); err != nil {
			t.Fatal(err)
		}
		b.wantEmpty(t)
	}
	if _, err := lab.Open(b.state, "stays"); !errors.Is(err, lab.ErrUnknown) {
		t.Errorf("open a lab that was removed: %v, want %v", err, lab.ErrUnknown)
	}
}

// twoLabs start side by side, and one does not feel what the other does.
func twoLabs(t *testing.T, b *bench) {
	var labs [2]*lab.Lab
	var group errgroup.Group
	s, o := parse(t), b.options(t)
	for i := range labs {
		group.Go(func() (err error) {
			labs[i], err = lab.Start(t.Context(), s, b.New(), b.Programs, o)
			return err
		})
	}
	err := group.Wait()
	for _, l := range labs {
		if l != nil {
			defer func() {
				if err := l.Close(); err != nil {
					t.Error(err)
				}
			}()
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := labs[0].AdminClient().SetState(t.Context(), active, haproxy.Maint); err != nil {
		t.Fatal(err)
	}
	wantAnswer(t, labs[0], backup, backupHeader)
	wantAnswer(t, labs[1], active, activeHeader)
	if err := labs[0].Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(labs[0].Dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("directory of the closed lab: %v", err)
	}
	wantAnswer(t, labs[1], active, activeHeader)
}
