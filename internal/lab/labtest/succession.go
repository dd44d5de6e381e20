package labtest

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"halab/internal/haproxy"
	"halab/internal/lab"
	"halab/internal/render"
)

// slow gives every server a response that is in flight for long enough.
var slow = []string{"frontends:\n", "traffic:\n  download: {size: 300000, lasts: 600ms}\nfrontends:\n"}

// daemons are the servers that the suite upgrades in place.
func daemons() []haproxy.ServerRef { return []haproxy.ServerRef{active} }

func inPlace(o *lab.Options) { o.InPlace = daemons() }

// flight is a download that has begun.
type flight struct {
	resp *http.Response
	read int64
}

// takeOff begins a download and returns when its first bytes are here.
func takeOff(t *testing.T, l *lab.Lab) *flight {
	t.Helper()
	conn, err := net.Dial("tcp", l.Frontends["app"])
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: halab\r\nConnection: close\r\n\r\n", render.DownloadPath); err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	n, err := io.ReadFull(resp.Body, make([]byte, 1000))
	if err != nil {
		t.Fatal(err)
	}
	return &flight{resp, int64(n)}
}

// lands checks that the download ends whole, on the server where it began.
func (f *flight) lands(t *testing.T, header string) {
	t.Helper()
	n, err := io.Copy(io.Discard, f.resp.Body)
	if n += f.read; err != nil || n != f.resp.ContentLength || n < 300_000 || f.resp.Header.Get("Server") != header {
		t.Errorf("download from %s: %d of %d bytes, %v; want all from %s", f.resp.Header.Get("Server"), n, f.resp.ContentLength, err, header)
	}
}

// takeOver reloads HAProxy twice, with a download in flight: another process
// answers each time, and the download ends on the one that it began on. Then
// there is a configuration that HAProxy cannot read.
func takeOver(t *testing.T, b *bench) {
	l := b.start(t, nil, slow...)
	seen := map[string]bool{info(t, l, "Pid"): true}
	download := takeOff(t, l)
	for range 2 {
		if note, err := l.TakeOver(soon(t), nil); err != nil || note != "" {
			t.Fatal(note, err)
		}
		now := info(t, l, "Pid")
		if seen[now] {
			t.Errorf("HAProxy %s answers again", now)
		}
		seen[now] = true
		wantAnswer(t, l, active, activeHeader)
	}
	download.lands(t, activeHeader)
	wantPasts(t, l, 2)
	takeOverRefused(t, b, l)
}

// wantPasts checks that the last counters of so many HAProxys are known.
func wantPasts(t *testing.T, l *lab.Lab, n int) {
	t.Helper()
	pasts := l.Pasts(soon(t))
	if len(pasts) != n {
		t.Errorf("%d HAProxys were taken over from, want %d", len(pasts), n)
	}
	var requests int64
	for _, past := range pasts {
		f, ok := haproxy.Frontend(past.Stats, "app")
		if past.Err != nil || !ok {
			t.Errorf("its last counters: %+v, %v", f, past.Err)
		}
		requests += f.ReqTot
	}
	if requests == 0 {
		t.Error("none of them had a request")
	}
}

// info is a word of show info.
func info(t *testing.T, l *lab.Lab, word string) string {
	t.Helper()
	all, err := l.AdminClient().Info(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return all[word]
}

// takeOverRefused has the old HAProxy go on where the next one cannot.
func takeOverRefused(t *testing.T, b *bench, l *lab.Lab) {
	t.Helper()
	appendTo(t, filepath.Join(l.Dir, "haproxy.cfg"), "\nbackend late\n  colour green\n")
	before := info(t, l, "Pid")
	next := b.Programs[nextHAProxy]
	for what, take := range map[string]func() (string, error){
		"reload":  func() (string, error) { return l.TakeOver(soon(t), nil) },
		"upgrade": func() (string, error) { return l.TakeOver(soon(t), &next) },
	} {
		if _, err := take(); err == nil || !strings.Contains(err.Error(), what+" HAProxy: ") || !strings.Contains(err.Error(), "unknown keyword 'colour'") {
			t.Errorf("%s: %v, want HAProxy's own words", what, err)
		}
		if now := info(t, l, "Pid"); now != before {
			t.Errorf("after a %s that failed HAProxy %s answers, want %s", what, now, before)
		}
		wantAnswer(t, l, active, activeHeader)
	}
}

func appendTo(t *testing.T, path, text string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.WriteString(text)
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
}

// upgradeHAProxy puts another version in its place, with a download in flight.
// A runtime that cannot hand the listeners over says what it did instead.
func upgradeHAProxy(t *testing.T, b *bench) {
	l := b.start(t, nil, slow...)
	next := b.Programs[nextHAProxy]
	download := takeOff(t, l)
	landed := make(chan struct{})
	go func() {
		defer close(landed)
		download.lands(t, activeHeader)
	}()
	note, err := l.TakeOver(soon(t), &next)
	if err != nil {
		t.Fatal(err)
	}
	<-landed
	if told := strings.Contains(note, "nobody listened"); told != (l.Runtime == "container") {
		t.Errorf("runtime %s notes %q", l.Runtime, note)
	}
	if got := info(t, l, "Version"); !strings.HasPrefix(got, next.Got.String()) {
		t.Errorf("HAProxy %s answers, want %s", got, next.Got)
	}
	wantAnswer(t, l, active, activeHeader)
	wantPasts(t, l, 1)
}

// stateSurvives saves that a server is in maintenance, and reloads.
func stateSurvives(t *testing.T, b *bench) {
	l := b.start(t, nil, `version: "2.6"`, "version: \"2.6\"\n  defaults: {load-server-state-from-file: global}")
	if err := l.AdminClient().SetState(t.Context(), active, haproxy.Maint); err != nil {
		t.Fatal(err)
	}
	if err := l.SaveState(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := l.TakeOver(soon(t), nil); err != nil {
		t.Fatal(err)
	}
	if s := status(t, l.AdminClient(), active); s.Base() != "MAINT" {
		t.Errorf("%s is %s after the reload, want MAINT", active, s)
	}
	wantAnswer(t, l, backup, backupHeader)
	if err := os.Remove(filepath.Join(l.Dir, render.StateFile)); err != nil {
		t.Fatal(err)
	}
	if _, err := l.TakeOver(soon(t), nil); err != nil {
		t.Fatal(err)
	}
	if s := status(t, l.AdminClient(), active); s.Base() == "MAINT" {
		t.Errorf("%s is %s after a reload without the state", active, s)
	}
}
