package rehearse

import (
	"context"
	"os"
	"strings"
	"testing"

	"halab/internal/software"
)

// What containers cannot do as it is meant runs as processes, and says why;
// asked for containers, only what they cannot do at all is refused.
func TestChoosesByTheSteps(t *testing.T) {
	steps := "  - maint: bk/old\n  - expect: {header: nginx/1.22.1}\n"
	c := NewChooser(software.Options{Progress: func(line string) { t.Log(line) }}, nil)
	c.engine = func(context.Context) error { return nil }
	for _, tt := range []struct{ step, why, refused string }{
		{"upgrade: {haproxy: 3.0}", "two containers cannot hand listeners over", ""},
		{"repeat: {times: 1, steps: [{upgrade: {server: old, nginx: 1.22.1}}]}", "bk/old is upgraded in place", "--runtime process"},
	} {
		s := parse(t, steps, "  - "+tt.step+"\n", "  switch: {from: bk/old, to: bk/new, within: 20s}\n", "")
		choice, err := c.Choose(t.Context(), s, Auto)
		if err != nil && os.Getenv("CI") != "true" {
			t.Skip(err)
		}
		if err != nil {
			t.Fatal(err)
		}
		if choice.Runtime != "process" || !strings.Contains(choice.Why, tt.why) {
			t.Errorf("%s: %s, because %s", tt.step, choice.Runtime, choice.Why)
		}
		if tt.refused == "" {
			continue
		}
		if _, err := c.Choose(t.Context(), s, "container"); err == nil || !strings.Contains(err.Error(), tt.refused) {
			t.Errorf("%s in containers: %v", tt.step, err)
		}
	}
}
