package e2e

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"halab/internal/haproxy"
	"halab/internal/history"
	"halab/internal/rehearse"
	"halab/internal/scenario"
	"halab/internal/software"
	"halab/internal/upgrade"
	"halab/scenarios"
)

// The referee takes no word of the verdict: it counts what the prober sent,
// what HAProxy counted, what HAProxy logged and what nginx logged, request by
// request, in runs that pass and in runs that fail, and on every lane.
func TestReferee(t *testing.T) {
	t.Parallel()
	t.Run("every-lane", func(t *testing.T) {
		t.Parallel()
		eachRuntime(t, func(t *testing.T, runtime string) {
			agree(t, rehearsedText(t, beside.RLocker(), runtime, "every-lane", everyLane))
		})
	})
	for _, name := range []string{"backup-down", "cut-without-redispatch", "debian-upgrade", "no-maintenance", "tls-upgrade"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out := rehearsed(t, name)
			agree(t, out)
		})
	}
}

const everyLane = `apiVersion: halab/v1
name: every-lane
haproxy: {version: "2.6", defaults: {option: [http-no-delay]}}
backends:
  - name: bk_app
    servers:
      - {name: nginx1, address: 127.0.0.1:81, nginx: 1.22.1, check: true, backup: true}
      - {name: nginx2, address: 127.0.0.1:82, nginx: 1.18.0, check: true}
frontends:
  - {name: app, bind: ":80", ssl: {bind: ":443", alpn: [h2, http/1.1]}, default_backend: bk_app}
traffic:
  before: 1s
  after: 1s
  poll: {interval: 500ms}
  new: {rate: 20}
  kept: {rate: 20, connections: 4}
  idle: {connections: 3, interval: 1s}
  download: {connections: 2, lasts: 500ms}
  upload: {connections: 2, lasts: 500ms}
  stream: {connections: 2, every: 200ms}
  tls: {rate: 10}
  h2: {rate: 20, connections: 2}
steps:
  - maint: bk_app/nginx2
  - expect: {header: nginx/1.22.1}
`

// rehearsed runs a scenario that ships and returns its results.
func rehearsed(t *testing.T, name string) string {
	t.Helper()
	text, err := scenarios.Read(name)
	if err != nil {
		t.Fatal(err)
	}
	return rehearsedText(t, beside.RLocker(), "process", name, string(text))
}

// rehearsedText runs a scenario, holding one side of beside meanwhile,
// and returns its results.
func rehearsedText(t *testing.T, side sync.Locker, runtime, name, text string) string {
	t.Helper()
	s, err := scenario.Parse(name+".yaml", []byte(text), upgrade.Kinds())
	if err != nil {
		t.Fatal(err)
	}
	choice, err := rehearse.NewChooser(software.Options{Progress: func(l string) { t.Log(l) }}, nil).Choose(t.Context(), s, runtime)
	if err != nil {
		t.Fatal(err)
	}
	out := t.TempDir()
	c := rehearse.Config{Scenario: s, Choice: choice, Out: out}
	c.Lab.StateDir = t.TempDir()
	side.Lock()
	defer side.Unlock()
	if err := rehearse.Run(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	return out
}

// seen is what one of the accounts holds of the requests, by id.
type seen map[string]int

func agree(t *testing.T, out string) {
	t.Helper()
	answered, unanswered, reqTot := probed(t, out)
	haproxy := ids(t, filepath.Join(out, rehearse.LogFile), func(line string) string {
		_, rest, _ := strings.Cut(line, `"id":"`)
		id, _, _ := strings.Cut(rest, `"`)
		return id
	})
	for id := range answered {
		if haproxy[id] != 1 {
			t.Errorf("%s was answered, and HAProxy logged it %d times", id, haproxy[id])
		}
	}
	for id := range haproxy {
		if answered[id]+unanswered[id] != 1 {
			t.Errorf("HAProxy logged %s, which the prober has %d times", id, answered[id]+unanswered[id])
		}
	}
	if n := int64(len(answered)); reqTot < n || reqTot > n+int64(len(unanswered)) {
		t.Errorf("req_tot is %d; %d were answered and %d not", reqTot, n, len(unanswered))
	}
	nginx := seen{}
	logs, _ := filepath.Glob(filepath.Join(out, "*"+rehearse.AccessLogSuffix))
	for _, path := range logs {
		for id, n := range ids(t, path, func(line string) string { return strings.Fields(line)[0] }) {
			nginx[id] += n
		}
	}
	servedByNginx(t, out, nginx)
	joinedToItsLine(t, out)
}

// joinedToItsLine: what the history holds of a request's log line is what the
// line with its id says, and every line is with its request, or counted as one
// that came too late for it.
func joinedToItsLine(t *testing.T, out string) {
	t.Helper()
	lines := map[string]haproxy.LogLine{}
	text, err := os.ReadFile(filepath.Join(out, rehearse.LogFile))
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(text) {
		if l, err := haproxy.ParseLogLine(bytes.TrimSpace(line)); err == nil && l.ID != "" {
			lines[l.ID] = l
		}
	}
	late, orphans := 0, 0
	each(t, out, func(e history.Event) {
		if end, ok := e.(*history.End); ok {
			orphans = end.OrphanLogLines
		}
		r, ok := e.(*history.Request)
		if !ok {
			return
		}
		l, logged := lines[r.ID]
		switch {
		case logged && r.Log == nil:
			late++
		case r.Log != nil:
			want := history.Seen{State: l.State, Server: l.Backend + "/" + l.Server, Status: l.Status, Bytes: l.Bytes, Arrived: r.Log.Arrived,
				Tw: l.Tw, Tc: l.Tc, Tr: l.Tr, Ta: l.Ta, Retries: l.Retries, Redispatched: l.Redispatched}
			if *r.Log != want {
				t.Errorf("%s: %+v\nin the log %+v", r.ID, *r.Log, want)
			}
			if r.Server != "" && (r.Status != l.Status || r.Server != want.Server) {
				t.Errorf("%s: the prober saw %d of %s, HAProxy %d of %s", r.ID, r.Status, r.Server, l.Status, want.Server)
			}
		}
	})
	if late != orphans || late > len(lines)/10 {
		t.Errorf("of %d lines %d are not with their request, and %d are told", len(lines), late, orphans)
	}
}

// servedByNginx: what the prober says a server answered is in that server's
// log once, and what it says the proxy answered is in none.
func servedByNginx(t *testing.T, out string, nginx seen) {
	t.Helper()
	each(t, out, func(e history.Event) {
		r, ok := e.(*history.Request)
		if !ok || r.Status == 0 {
			return
		}
		least, most := 0, 0
		switch {
		case r.Server != "":
			least, most = 1, 1
		case r.Status == 502, r.Status == 504:
			most = 1 // the proxy's word for an answer that it did not get, or not whole
		}
		if n := nginx[r.ID]; n < least || n > most {
			t.Errorf("%s: the prober saw status %d of server %q, nginx logged it %d times", r.ID, r.Status, r.Server, nginx[r.ID])
		}
	})
}

func probed(t *testing.T, out string) (answered, unanswered seen, reqTot int64) {
	t.Helper()
	answered, unanswered = seen{}, seen{}
	each(t, out, func(e history.Event) {
		switch e := e.(type) {
		case *history.Request:
			if e.Status != 0 {
				answered[e.ID]++
			} else {
				unanswered[e.ID]++
			}
		case *history.Counters:
			reqTot = e.ReqTot
		}
	})
	if len(answered) == 0 {
		t.Fatal("the prober recorded no answer")
	}
	return answered, unanswered, reqTot
}

func each(t *testing.T, out string, visit func(history.Event)) {
	t.Helper()
	f, err := history.Open(filepath.Join(out, rehearse.HistoryFile))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := history.NewReader(f)
	for {
		e, err := r.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		visit(e)
	}
}

// ids counts the lines of a log by the id that they carry.
func ids(t *testing.T, path string, id func(string) string) seen {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	out := seen{}
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		if got := id(lines.Text()); got != "" && got != "-" {
			out[got]++
		}
	}
	return out
}
