package rehearse

import (
	"errors"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"halab/internal/history"
	"halab/internal/verify"
)

// TestOnFailure: when a step fails the way back is gone, and the verdict is
// FAIL all the same; when that fails too, both are in the history.
func TestOnFailure(t *testing.T) {
	const fails = "expect: {server: bk/new, state: DOWN, within: 1s}"
	for _, c := range []struct {
		name, back string
		errors     []string // of the steps, in order
		state      string   // of bk/old in the end
	}{
		{"goes back", "  - ready: bk/old\n  - expect: {server: bk/old, state: UP}\n", []string{"", "bk/new is UP, not DOWN", "", ""}, "UP"},
		{"fails too", "  - expect: {server: bk/old, state: DRAIN, within: 1s}\n  - ready: bk/old\n", []string{"", "bk/new is UP, not DOWN", "bk/old is MAINT, not DRAIN"}, "MAINT"},
	} {
		t.Run(strings.ReplaceAll(c.name, " ", "_"), func(t *testing.T) {
			p := newPlace(t)
			s := parse(t, "expect: {header: nginx/1.22.1}", fails, "expect:\n  max-gap", "on-failure:\n"+c.back+"expect:\n  max-gap")
			if v := p.decided(t, p.config(t, s)); v.Result != verify.Fail || !strings.Contains(strings.Join(v.Reasons, "\n"), "step 2 "+fails+" failed: ") {
				t.Errorf("%s: %q", v.Result, v.Reasons)
			}
			got, state := p.stepErrors(t), p.stateOf(t, "bk/old")
			if len(got) != len(c.errors) {
				t.Fatalf("%q, want %q", got, c.errors)
			}
			for i, want := range c.errors {
				if want == "" && got[i] != "" || !strings.Contains(got[i], want) {
					t.Errorf("step %d: %q, want %q", i+1, got[i], want)
				}
			}
			if state != c.state {
				t.Errorf("bk/old is %s in the end, want %s", state, c.state)
			}
		})
	}
}

// stepErrors are those of the steps that ended, in order; "" for one that
// did what it says.
func (p place) stepErrors(t *testing.T) (out []string) {
	t.Helper()
	p.each(t, func(e history.Event) {
		if s, ok := e.(*history.Step); ok && s.Phase == history.Ended {
			out = append(out, s.Error)
		}
	})
	return out
}

// stateOf is the state of a server as it was last seen.
func (p place) stateOf(t *testing.T, server string) (out string) {
	t.Helper()
	p.each(t, func(e history.Event) {
		if s, ok := e.(*history.ServerState); ok && s.Server.String() == server {
			out = s.Status
		}
	})
	return out
}

func (p place) each(t *testing.T, visit func(history.Event)) {
	t.Helper()
	f, err := history.Open(filepath.Join(p.out, HistoryFile))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for r := history.NewReader(f); ; {
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
