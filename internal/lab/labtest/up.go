package labtest

import (
	"bytes"
	"errors"
	"maps"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"halab/internal/haproxy"
	"halab/internal/haproxy/adminsock"
	"halab/internal/lab"
)

var upCases = []testCase{
	{"closed to others", closedToOthers},
	{"comes up", comesUp},
	{"equal server names", equalNames},
	{"log", logArrives},
	{"own port", ownPort},
	{"published port", publishedPort},
	{"signals", signals},
	{"stats socket over TCP", statsTCP},
}

func comesUp(t *testing.T, b *bench) {
	l := b.start(t, nil)
	// Before any wait of the test's own: this is what ready means.
	for _, ref := range []haproxy.ServerRef{active, backup} {
		if s := status(t, l.AdminClient(), ref); !s.PlainUp() {
			t.Errorf("%s is %s, want UP", ref, s)
		}
	}
	wantAnswer(t, l, active, activeHeader)
	if err := l.AdminClient().SetState(t.Context(), active, haproxy.Maint); err != nil {
		t.Fatal(err)
	}
	wantAnswer(t, l, backup, backupHeader)
}

// equalNames has two backends call their server alike.
func equalNames(t *testing.T, b *bench) {
	other := haproxy.ServerRef{Backend: "bk_other", Server: active.Server}
	b.Programs = maps.Clone(b.Programs)
	b.Programs[other.String()] = b.Programs[backup.String()]
	l := b.start(t, nil, "frontends:\n",
		"  - name: bk_other\n    servers: [{name: nginx2, address: 127.0.0.1:83, nginx: 1.22.1, check: true}]\nfrontends:\n"+
			"  - {name: other, bind: \":8080\", default_backend: bk_other}\n")
	wantAnswer(t, l, active, activeHeader)
	resp, err := get(l.Frontends["other"], "")
	if err != nil {
		t.Fatal(err)
	}
	if got := resp.Header.Get("X-Halab-Server"); got != other.String() || resp.Header.Get("Server") != backupHeader {
		t.Errorf("the other frontend is answered by %q, %s", got, resp.Header.Get("Server"))
	}
}

func logArrives(t *testing.T, b *bench) {
	const requests = 50
	var mu sync.Mutex
	var lines []string
	told := make(chan struct{}, 4*requests)
	l := b.start(t, func(o *lab.Options) {
		o.Log = func(line []byte) {
			mu.Lock()
			defer mu.Unlock()
			lines = append(lines, string(line))
			if bytes.Contains(line, []byte(`"log-`)) {
				told <- struct{}{}
			}
		}
	})
	for i := range requests {
		if _, err := get(l.Frontends["app"], "log-"+strconv.Itoa(i)); err != nil {
			t.Fatal(err)
		}
	}
	ctx := soon(t)
	for range requests {
		select {
		case <-told:
		case <-ctx.Done():
		}
	}
	l.DrainLog() // for one too many
	mu.Lock()
	defer mu.Unlock()
	seen := map[string]bool{}
	for _, text := range lines {
		line, err := haproxy.ParseLogLine([]byte(text))
		if errors.Is(err, haproxy.ErrNotTraffic) {
			continue
		}
		if err != nil {
			t.Errorf("%v in %q", err, text)
			continue
		}
		if !strings.HasPrefix(line.ID, "log-") {
			continue // the lab's own look whether the frontend answers
		}
		if seen[line.ID] || line.Status != 200 || line.Server != active.Server {
			t.Errorf("line %q, want one 200 from %s", text, active.Server)
		}
		seen[line.ID] = true
	}
	if len(seen) != requests {
		t.Errorf("%d lines for %d requests", len(seen), requests)
	}
}

// freePort is a port of loopback that nothing listens on.
func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

func publishedPort(t *testing.T, b *bench) {
	port := freePort(t)
	l := b.start(t, func(o *lab.Options) { o.Publish = map[string]int{"app": port} })
	if want := "127.0.0.1:" + strconv.Itoa(port); l.Frontends["app"] != want {
		t.Errorf("frontend at %s, want %s", l.Frontends["app"], want)
	}
	wantAnswer(t, l, active, activeHeader)

	// Taken now, and wanted again.
	_, err := lab.Start(t.Context(), parse(t), b.New(), b.Programs,
		lab.Options{StateDir: b.state, Publish: map[string]int{"app": port}})
	if !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("second lab on port %d: %v, want %v", port, err, syscall.EADDRINUSE)
	}
}

func ownPort(t *testing.T, b *bench) {
	port := strconv.Itoa(freePort(t))
	own := func(o *lab.Options) { o.OwnPorts = true }
	l := b.start(t, own, "bind: :80", "bind: :"+port)
	if want := "127.0.0.1:" + port; l.Frontends["app"] != want {
		t.Errorf("frontend at %s, want %s (%v)", l.Frontends["app"], want, l.Notes)
	}
	second := b.start(t, own, "bind: :80", "bind: :"+port)
	wantAnswer(t, second, active, activeHeader)
	if !strings.Contains(strings.Join(second.Notes, "\n"), port) {
		t.Errorf("notes %q do not say that port %s was taken", second.Notes, port)
	}
}

// signals ends nginx in each of the three ways.
func signals(t *testing.T, b *bench) {
	rt := b.watched(nil)
	l, err := lab.Start(t.Context(), parse(t), rt, b.Programs, b.options(t))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	}()
	for role, sig := range map[string]os.Signal{
		active.String(): syscall.SIGTERM, backup.String(): syscall.SIGQUIT, lab.HAProxyRole: syscall.SIGKILL,
	} {
		i := rt.instances[role]
		select {
		case <-i.Done():
			t.Errorf("%s is done before the signal", role)
		default:
		}
		if err := l.Signal(t.Context(), role, sig); err != nil {
			t.Errorf("%v to %s: %v", sig, role, err)
		}
		waitFor(t, role+" ended", func() bool {
			select {
			case <-i.Done():
				return true
			default:
				return false
			}
		})
		if err := l.Signal(t.Context(), role, sig); !errors.Is(err, os.ErrProcessDone) {
			t.Errorf("%v to %s, which has ended: %v, want %v", sig, role, err, os.ErrProcessDone)
		}
	}
	// nginx tells of signals in its error log, which is its standard error.
	if out := rt.instances[active.String()].Output(); !strings.Contains(out, "15 (SIGTERM)") {
		t.Errorf("output of %s: %q", active, out)
	}
}

func statsTCP(t *testing.T, b *bench) {
	l := b.start(t, func(o *lab.Options) { o.StatsTCP = true })
	if notes := strings.Join(l.Notes, "\n"); !strings.Contains(notes, l.AdminTCP+" as well: every user of this machine") {
		t.Errorf("it does not say what it opens: %q", notes)
	}
	host, _, err := net.SplitHostPort(l.AdminTCP)
	if err != nil || host != "127.0.0.1" {
		t.Errorf("stats socket at %s, want one on 127.0.0.1", l.AdminTCP)
	}
	c := adminsock.New("tcp", l.AdminTCP)
	if err := c.SetState(t.Context(), active, haproxy.Maint); err != nil {
		t.Fatal(err)
	}
	wantAnswer(t, l, backup, backupHeader)
	if err := c.SetState(t.Context(), active, haproxy.Ready); err != nil {
		t.Fatal(err)
	}
	waitFor(t, active.String()+" up again", func() bool { return status(t, c, active).PlainUp() })
	wantAnswer(t, l, active, activeHeader)
}
