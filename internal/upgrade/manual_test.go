package upgrade_test

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"halab/internal/haproxy"
	"halab/internal/haproxy/haproxytest"
	"halab/internal/history"
	"halab/internal/scenario"
	"halab/internal/upgrade"
)

// doneByHand carries out a manual step, during which hand does something to a
// real HAProxy, and returns the step's commands.
func doneByHand(t *testing.T, b *bench, step string, hand func(b *bench, done chan<- struct{})) ([]*history.Step, error) {
	t.Helper()
	s := parse(t, step)
	plan, err := upgrade.Compile(s, s.Steps, 1)
	if err != nil {
		t.Fatal(err)
	}
	env := upgrade.Env{Lab: b, Get: b.get, Scenario: s, Header: func(h string) string { return h }}
	env.ByHand = func(i upgrade.Instruction) <-chan struct{} {
		if i.Step != 1 || i.Text != "press F10" || i.Until == "" || i.Limit <= 0 || i.Enter == strings.Contains(step, "until") {
			t.Errorf("%+v", i)
		}
		done := make(chan struct{}, 1)
		go hand(b, done)
		return done
	}
	var commands []*history.Step
	err = upgrade.Run(t.Context(), plan, env, time.Now(), func(e history.Event) {
		if e := e.(*history.Step); e.Phase == history.Command {
			commands = append(commands, e)
		}
	})
	return commands, err
}

func flipped(t *testing.T, server string, action haproxy.ServerAction) func(*bench, chan<- struct{}) {
	return func(b *bench, _ chan<- struct{}) {
		if err := b.AdminClient().SetState(context.Background(), haproxy.ServerRef{Backend: "bk", Server: server}, action); err != nil {
			t.Error(err)
		}
	}
}

// newUpBench is a bench whose servers have passed their checks.
func newUpBench(t *testing.T, h haproxytest.HAProxy) *bench {
	t.Helper()
	b := newBench(t, h)
	if _, err := b.carryOut(t, t.Context(), "expect: {server: a, state: UP}", "expect: {server: b, state: UP}"); err != nil {
		t.Fatal(err)
	}
	return b
}

func TestManual(t *testing.T) {
	all := haproxytest.All(t)
	h := all[len(all)-1]
	enter := func(_ *bench, done chan<- struct{}) { done <- struct{}{} }
	enterFirst := func(b *bench, done chan<- struct{}) {
		close(done)
		time.Sleep(300 * time.Millisecond)
		flipped(t, "a", haproxy.Maint)(b, done)
	}
	for _, c := range []struct {
		step string
		hand func(*bench, chan<- struct{})
		seen string // server and state of the change that was seen
		err  string
	}{
		{"manual: press F10", flipped(t, "a", haproxy.Maint), "bk/a MAINT", ""},
		{"manual: press F10", flipped(t, "b", haproxy.Drain), "bk/b DRAIN", ""},
		{"manual: press F10", enter, "", ""},
		{"manual: {text: press F10, until: {server: a, state: MAINT}}", flipped(t, "a", haproxy.Maint), "bk/a MAINT", ""},
		{"{manual: {text: press F10, until: {server: a, state: MAINT}}, timeout: 1s}", flipped(t, "b", haproxy.Maint), "bk/b MAINT", "bk/a is UP, not MAINT"},
		{"manual: {text: press F10, until: {server: a, state: MAINT}}", enterFirst, "bk/a MAINT", ""},
		{"{manual: press F10, timeout: 300ms}", func(*bench, chan<- struct{}) {}, "", "nothing was done"},
		{"manual: {text: press F10, until: {server: a, state: UP}}", nil, "", "bk/a is UP already"},
	} {
		commands, err := doneByHand(t, newUpBench(t, h), c.step, c.hand)
		if (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%s: %v, want %q", c.step, err, c.err)
		}
		seen := ""
		for _, e := range commands {
			if e.Saw != "" {
				seen = e.Server + " " + e.Saw
			} else if !e.AnyServer {
				t.Errorf("%s: %+v", c.step, e)
			}
		}
		if seen != c.seen {
			t.Errorf("%s: saw %q, want %q", c.step, seen, c.seen)
		}
	}
}

// What a command writes is shown line by line, and recorded once.
func TestRunIsShownAsItWrites(t *testing.T) {
	s, err := scenario.Parse("run.yaml", []byte(manyServers+"  - run: echo one; echo two; printf three\n"), upgrade.Kinds())
	if err != nil {
		t.Fatal(err)
	}
	plan, err := upgrade.Compile(s, s.Steps, 1)
	if err != nil {
		t.Fatal(err)
	}
	var shown []string
	answers := ""
	env := upgrade.Env{Scenario: s, Started: func(int) error { return nil }, Hold: func() (*os.File, error) { return os.Open(os.DevNull) }, Session: func(int) bool { return false },
		Wrote: func(step int, line string) {
			if step != 1 {
				t.Errorf("step %d", step)
			}
			shown = append(shown, line)
		}}
	if err := upgrade.Run(t.Context(), plan, env, time.Now(), func(e history.Event) { answers += e.(*history.Step).Answer }); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(shown, "|"); got != "one|two|three" || answers != "one\ntwo\nthree" {
		t.Errorf("shown %q, recorded %q", got, answers)
	}
}
