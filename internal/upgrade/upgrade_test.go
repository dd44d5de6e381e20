package upgrade_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"halab/internal/haproxy"
	"halab/internal/haproxy/adminsock"
	"halab/internal/haproxy/haproxytest"
	"halab/internal/history"
	"halab/internal/scenario"
	"halab/internal/upgrade"
)

var update = flag.Bool("update", false, "write the goldens anew")

// text is a scenario whose steps are STEPS. The HAProxy of the tests has no
// server bk/gone.
const text = `apiVersion: halab/v1
name: steps
haproxy: {version: "2.6"}
backends:
  - name: bk
    servers:
      - {name: a, address: 127.0.0.1:81, nginx: 1.18.0, check: true}
      - {name: b, address: 127.0.0.1:82, nginx: 1.22.1, check: true}
      - {name: gone, address: 127.0.0.1:83, nginx: 1.22.1}
frontends:
  - {name: app, bind: ":80", default_backend: bk}
steps:
`

const config = `global
  stats socket DIR/admin.sock level admin
defaults
  mode http
  timeout connect 1s
  timeout client 5s
  timeout server 5s
frontend app
  bind fd@3
  default_backend bk
backend bk
  server a %s check inter 100ms
  server b %s check inter 100ms
`

// testLab is a real HAProxy; what a step does to an nginx has its tests in
// the conformance suite of the labs.
type testLab struct {
	upgrade.Lab
	client *adminsock.Client
}

func (l testLab) AdminClient() *adminsock.Client                   { return l.client }
func (l testLab) Stat(ctx context.Context) ([]haproxy.Stat, error) { return l.client.Stat(ctx) }

func (l testLab) SaveState(ctx context.Context) error {
	_, err := l.client.Stat(ctx)
	return err
}

// bench is a HAProxy with two servers that accept connections.
type bench struct {
	testLab
	front string
	gets  []history.Request // what Get answers, the last one again and again
}

func newBench(t *testing.T, h haproxytest.HAProxy) *bench {
	t.Helper()
	front, a, b := haproxytest.Listen(t), haproxytest.Listen(t), haproxytest.Listen(t)
	p := h.Start(t, fmt.Sprintf(config, a.Addr(), b.Addr()), front)
	return &bench{testLab: testLab{client: adminsock.New("unix", filepath.Join(p.Dir, "admin.sock"))}, front: front.Addr().String()}
}

func (b *bench) get(context.Context) history.Request {
	r := b.gets[0]
	if len(b.gets) > 1 {
		b.gets = b.gets[1:]
	}
	return r
}

func parse(t *testing.T, steps ...string) *scenario.Scenario {
	t.Helper()
	loads := strings.Replace(text, `"2.6"`, `"2.6", defaults: {load-server-state-from-file: global}`, 1) // which save_state wants
	s, err := scenario.Parse("steps.yaml", []byte(loads+"  - "+strings.Join(steps, "\n  - ")+"\n"), upgrade.Kinds())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// carryOut runs steps and returns what was emitted, without its times.
func (b *bench) carryOut(t *testing.T, ctx context.Context, steps ...string) ([]string, error) {
	t.Helper()
	s := parse(t, steps...)
	plan, err := upgrade.Compile(s, s.Steps, 1)
	if err != nil {
		t.Fatal(err)
	}
	env := upgrade.Env{Lab: b, Get: b.get, Scenario: s, Header: func(h string) string { return strings.Replace(h, "1.19.8", "1.22.1", 1) }}
	var got []string
	var mu sync.Mutex
	last := map[int]history.Micros{} // by step: several may run side by side
	err = upgrade.Run(ctx, plan, env, time.Now(), func(e history.Event) {
		mu.Lock()
		defer mu.Unlock()
		step := e.(*history.Step)
		got = append(got, strings.TrimSpace(fmt.Sprintf("%d %s %s %s", step.Index, step.Phase, step.Command, step.Error)))
		if step.At < last[step.Index] || step.Line == 0 || step.Text == "" || step.Kind == "" || (step.Phase == history.Command || step.Phase == history.Look) != (step.Command != "") {
			t.Errorf("%+v", step)
		}
		last[step.Index] = step.At
	})
	return got, err
}

func (b *bench) stat(t *testing.T, server string) haproxy.Stat {
	t.Helper()
	stats, err := b.client.Stat(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s, ok := haproxy.Find(stats, haproxy.ServerRef{Backend: "bk", Server: server})
	if !ok {
		t.Fatalf("no server %s", server)
	}
	return s
}

func TestSteps(t *testing.T) {
	haproxytest.Each(t, func(t *testing.T, h haproxytest.HAProxy) {
		b := newBench(t, h)
		for _, c := range []struct {
			steps  []string
			want   []string // emitted
			status string   // of bk/a
			weight int64
		}{
			{[]string{"expect: {server: bk/a, state: UP}"}, []string{"1 begin", "1 end"}, "UP", 1},
			{[]string{"maint: bk/a", "expect: {server: bk/a, state: MAINT}"}, []string{"1 begin", "1 command set server bk/a state maint", "1 end", "2 begin", "2 end"}, "MAINT", 1},
			{[]string{"ready: {server: bk/a}", "expect: {server: bk/a, state: UP}"}, []string{"1 begin", "1 command set server bk/a state ready", "1 end", "2 begin", "2 end"}, "UP", 1},
			{[]string{"drain: bk/a", "expect: {server: a, state: DRAIN, sessions: 0}"}, []string{"1 begin", "1 command set server bk/a state drain", "1 end", "2 begin", "2 end"}, "DRAIN", 0},
			{[]string{"wait: {server: a, sessions: 0}"}, []string{"1 begin", "1 end"}, "DRAIN", 0},
			{[]string{"ready: a", "weight: {server: bk/a, value: 7}", "wait: 1ms"}, []string{"1 begin", "1 command set server bk/a state ready", "1 end", "2 begin", "2 command set weight bk/a 7", "2 end", "3 begin", "3 end"}, "UP", 7},
			{[]string{"save_state: {}"}, []string{"1 begin", "1 look show servers state", "1 end"}, "UP", 7},
			{[]string{"weight: {server: bk/a, value: 0}"}, []string{"1 begin", "1 command set weight bk/a 0", "1 end"}, "UP", 0},
			{[]string{"weight: {server: bk/a, value: 256}"}, []string{"1 begin", "1 command set weight bk/a 256", "1 end"}, "UP", 256},
		} {
			got, err := b.carryOut(t, t.Context(), c.steps...)
			if err != nil || !slices.Equal(got, c.want) {
				t.Errorf("%q: %q, %v; want %q", c.steps, got, err, c.want)
			}
			if s := b.stat(t, "a"); s.Status.Base() != c.status || c.status == "UP" && s.Weight != c.weight {
				t.Errorf("%q: bk/a is %s with weight %d", c.steps, s.Status, s.Weight)
			}
		}
		if s := b.stat(t, "b"); s.Status.Base() != "UP" || s.Weight != 1 {
			t.Errorf("bk/b is %s with weight %d, and no step dealt with it", s.Status, s.Weight)
		}
	})
}

// What HAProxy refuses ends the procedure: the error names the step, its line
// and HAProxy's words, and no step follows.
func TestRefusals(t *testing.T) {
	haproxytest.Each(t, func(t *testing.T, h haproxytest.HAProxy) {
		b := newBench(t, h)
		for _, step := range []string{"maint: bk/gone", "drain: bk/gone", "ready: bk/gone", "weight: {server: bk/gone, value: 1}"} {
			got, err := b.carryOut(t, t.Context(), step, "maint: bk/a")
			var failed *upgrade.Error
			var refused *adminsock.CommandError
			if !errors.As(err, &failed) || failed.Index != 1 || failed.Line != 13 || !strings.HasPrefix(err.Error(), "step 1 (steps.yaml:13) "+step+": ") {
				t.Errorf("%s: %v", step, err)
			}
			if !errors.As(err, &refused) || !strings.Contains(strings.ToLower(refused.Answer), "no such server") {
				t.Errorf("%s: HAProxy's words are missing: %v", step, err)
			}
			if len(got) != 3 || !strings.HasPrefix(got[2], "1 end ") {
				t.Errorf("%s: %q", step, got)
			}
		}
		if s := b.stat(t, "a"); s.Status.Base() != "UP" {
			t.Errorf("a step after the failed one was carried out: bk/a is %s", s.Status)
		}
	})
}

func TestExpectTellsWhatItSaw(t *testing.T) {
	haproxytest.Each(t, func(t *testing.T, h haproxytest.HAProxy) {
		b := newBench(t, h)
		busy, idle := b.occupy(t)
		b.gets = []history.Request{{Header: "nginx/1.18.0", Outcome: history.OK}}
		for step, want := range map[string]string{
			"expect: {server: bk/a, state: DOWN, within: 1s}":            "not done within 1s: bk/a is UP, not DOWN",
			"expect: {server: bk/" + busy + ", sessions: 0, within: 1s}": "not done within 1s: bk/" + busy + " has 1 session, not at most 0",
			"wait: {server: bk/" + busy + ", sessions: 0, within: 1s}":   "not done within 1s: bk/" + busy + " has 1 session, not at most 0",
			"expect: {header: nginx/1.19.8, within: 120ms}":              `not done within 120ms: a GET shows Server: "nginx/1.18.0", not "nginx/1.22.1"`,
			"expect: {server: bk/gone, state: UP, within: 1s}":           "bk/gone is not in show stat",
		} {
			if _, err := b.carryOut(t, t.Context(), step); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v, want %q", step, err, want)
			}
		}
		if _, err := b.carryOut(t, t.Context(), "expect: {server: bk/"+idle+", sessions: 0, state: UP}"); err != nil {
			t.Error(err)
		}
		// What is not so yet is waited for.
		b.gets = append(slices.Repeat(b.gets, 3), history.Request{Header: "NGINX/1.22.1", Outcome: history.OK})
		if _, err := b.carryOut(t, t.Context(), "expect: {header: nginx/1.19.8}"); err != nil {
			t.Error(err)
		}
	})
}

// A procedure that is cancelled has no failed step: it stops, with the cause,
// and the step has no end.
func TestCancelled(t *testing.T) {
	haproxytest.Each(t, func(t *testing.T, h haproxytest.HAProxy) {
		b := newBench(t, h)
		for _, step := range []string{"wait: 1h", "expect: {server: bk/a, state: DOWN, within: 1h}"} {
			ctx, cancel := context.WithCancelCause(t.Context())
			time.AfterFunc(30*time.Millisecond, func() { cancel(errors.New("enough")) })
			got, err := b.carryOut(t, ctx, step)
			if err == nil || err.Error() != "enough" || !slices.Equal(got, []string{"1 begin"}) {
				t.Errorf("%s: %q, %v", step, got, err)
			}
		}
	})
}

// A stats socket that is gone is an error of the step, at once.
func TestSocketIsGone(t *testing.T) {
	b := &bench{testLab: testLab{client: adminsock.New("unix", filepath.Join(t.TempDir(), "none.sock"))}}
	for _, step := range []string{"maint: bk/a", "weight: {server: bk/a, value: 1}", "expect: {server: bk/a, state: UP, within: 100ms}"} {
		if _, err := b.carryOut(t, t.Context(), step); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: %v", step, err)
		}
	}
}

// TestMistakes: what is said of steps that are written wrongly.
func TestMistakes(t *testing.T) {
	var out strings.Builder
	for _, step := range []string{
		"maint: nginx9", "maint: a/bk", "drain: bk", "maint: other/a", "maint: [a]", "maint: {}", "maint: {server: bk/a, for: 5s}", "drain: \"\"", "ready: bk/", "mant: bk/a",
		"weight: bk/a", "weight: {server: bk/a, value: 257}", "weight: {server: bk/a, value: -1}", "weight: {server: bk/a, value: 50%}",
		"wait: 0s", "wait: -5s", "wait: 5", "wait: soon", "wait:", "wait: {server: bk/a}", "wait: {sessions: 0}", "wait: {for: 1s, server: bk/a, sessions: 0}",
		"wait: {server: bk/c, sessions: 0}", "wait: {within: 1s}",
		"reload: bk/c", "reload: nginx", "reload: hapoxy", "reload: {haproxy: 3.0}", "save_state: {}", "save_state: now",
		"upgrade: {}", "upgrade: 3.0", "upgrade: {haproxy: new}", "upgrade: {haproxy: 3.0, server: bk/a, nginx: 1.22.1}",
		"upgrade: {server: bk/a}", "upgrade: {nginx: 1.22.1}", "upgrade: {server: bk/c, nginx: 1.22.1}",
		"expect: {}", "expect: bk/a", "expect: {state: UP}", "expect: {server: bk/a}", "expect: {server: bk/a, state: up}", "expect: {sessions: 0}",
		"expect: {server: bk/a, sessions: -1}", "expect: {header: nginx/1.18.0, within: never}", `expect: {header: "nginx\n/1.18.0"}`,
		`manual: ""`, "manual: {until: {server: bk/a, state: MAINT}}", "manual: {text: press F10, until: {server: bk/nix, state: MAINT}}", "manual: {text: press F10, until: {}}", "manual: {text: press F10, touches: [bk/nix]}", "run: {command: ./add bk/c, touches: [bk/d]}", "run: {command: ./add nix/c, touches: [nix/c]}",
		"stop: bk/c", "stop: {server: bk/a, signal: HUP}", "{maint: a, ready: a}", "maint",
		"cut: bk/z", "cut: {reset: true}", "cut: {server: bk/a, reset: hard}", "heal: {}", "heal: {server: bk/a, fault: cut}",
		"latency: bk/a", "latency: {server: bk/a}", "latency: {server: bk/a, delay: 100}", "latency: {server: bk/a, delay: 2m}", "latency: {server: bk/a, delay: 10ms, jitter: 11ms}",
		"bandwidth: {server: bk/a}", "bandwidth: {server: bk/a, rate: 64}", "bandwidth: {server: bk/a, rate: 64Kb}", "bandwidth: {server: bk/a, rate: 64KX}", "bandwidth: {server: bk/a, rate: 0B}", "bandwidth: {server: bk/a, rate: [1KB]}",
	} {
		_, err := scenario.Parse("steps.yaml", []byte(text+"  - "+step+"\n"), upgrade.Kinds())
		fmt.Fprintf(&out, "== %s\n%v\n", step, err)
		if err == nil {
			t.Errorf("%s is accepted", step)
		}
	}
	const golden = "testdata/mistakes.txt"
	if *update {
		if err := os.WriteFile(golden, []byte(out.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if out.String() != string(want) {
		t.Errorf("changed; go test ./internal/upgrade -update writes it anew:\n%s", out.String())
	}
}

// A command may be meant to touch a server that it adds and names.
func TestTouchesWhatItAdds(t *testing.T) {
	if _, err := scenario.Parse("steps.yaml", []byte(text+"  - run: {command: ./add bk/c, touches: [bk/a, bk/c]}\n"), upgrade.Kinds()); err != nil {
		t.Error(err)
	}
}

// The table is sorted, and every kind says in one sentence what it does and
// can be carried out.
func TestKinds(t *testing.T) {
	kinds := upgrade.Kinds()
	if !slices.IsSortedFunc(kinds, func(a, b scenario.StepKind) int { return strings.Compare(a.Name, b.Name) }) {
		t.Error("not sorted by name")
	}
	for _, k := range kinds {
		if !strings.HasSuffix(k.Doc, ".") || k.New() == nil || k.New() == k.New() {
			t.Errorf("%s: %q", k.Name, k.Doc)
		}
		if _, err := upgrade.Compile(&scenario.Scenario{}, []scenario.Step{{Kind: k.Name, Args: k.New()}}, 1); err != nil {
			t.Error(err)
		}
	}
	if _, err := upgrade.Compile(&scenario.Scenario{}, []scenario.Step{{Kind: "dance", Text: "dance: x"}}, 1); err == nil || !strings.Contains(err.Error(), `dance: x: "dance" is no kind of step`) {
		t.Errorf("a kind that is none: %v", err)
	}
}

// A header that a substitute cannot show is not what is waited for, and the
// step says so.
func TestExpectNamesTheSubstitute(t *testing.T) {
	for header, want := range map[string]string{
		"nginx/1.19.8": "expect: {header: nginx/1.19.8} (SUBSTITUTE: nginx/1.22.1)",
		"nginx/1.22.1": "expect: {header: nginx/1.22.1}",
	} {
		s := parse(t, "expect: {header: "+header+"}")
		plan, err := upgrade.Compile(s, s.Steps, 1)
		if err != nil {
			t.Fatal(err)
		}
		env := upgrade.Env{Scenario: s,
			Get: func(context.Context) history.Request {
				return history.Request{Header: "nginx/1.22.1", Outcome: history.OK}
			},
			Header: func(h string) string { return strings.Replace(h, "1.19.8", "1.22.1", 1) }}
		err = upgrade.Run(t.Context(), plan, env, time.Now(), func(e history.Event) {
			if got := e.(*history.Step).Text; got != want {
				t.Errorf("%q, want %q", got, want)
			}
		})
		if err != nil {
			t.Error(err)
		}
	}
}
