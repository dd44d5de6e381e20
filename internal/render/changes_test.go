package render_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"halab/internal/render"
	"halab/internal/scenario"
	"halab/internal/upgrade"
)

// The README has the table of what a lab changes. After a change:
// go test ./internal/render -run Changes -update.
func TestChangesAreInTheReadme(t *testing.T) {
	const readme, title, end = "../../README.md", "## What the lab changes\n", "\n## "
	data, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(data), title)
	section, after, closed := strings.Cut(rest, end)
	lead, _, table := strings.Cut(section, "| what |")
	if !ok || !closed || !table {
		t.Fatalf("README.md has no section %q with a table", title)
	}
	want := lead + render.ChangesTable()
	if *update {
		if err := os.WriteFile(readme, []byte(before+title+want+end+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if section != want {
		t.Errorf("README.md has\n%s\nwant\n%s", section, want)
	}
}

// A report tells only of what can change the verdict of that procedure.
func TestChangesFor(t *testing.T) {
	one := parse(t, "changes.yaml", changing)
	two := parse(t, "changes.yaml", changing+"expect: {undrained: 1}\n")
	const waits = "quit and replace wait for nginx until the step's timeout"
	if got := render.ChangesFor(one, []string{"maint", "quit"}); slices.Contains(got, waits) {
		t.Errorf("%q where no session may be left", got)
	}
	few, more := render.ChangesFor(two, []string{"maint"}), render.ChangesFor(two, []string{"maint", "quit"})
	if slices.Contains(few, waits) || !slices.Contains(more, waits) || len(more) != len(few)+1 {
		t.Errorf("%q without quit, %q with it", few, more)
	}
	for _, c := range render.Changes() {
		if c.Verdict == "" && slices.Contains(more, c.What) {
			t.Errorf("%s is told, and cannot change a verdict", c.What)
		}
		for _, kind := range c.Steps {
			if !slices.ContainsFunc(upgrade.Kinds(), func(k scenario.StepKind) bool { return k.Name == kind }) {
				t.Errorf("%s: %s is no kind of step", c.What, kind)
			}
		}
	}
}

const changing = `apiVersion: halab/v1
name: changes
haproxy: {version: "2.6"}
backends: [{name: bk, servers: [{name: a, address: 127.0.0.1:81, nginx: 1.22.1, check: true}]}]
frontends: [{name: app, bind: ":80", default_backend: bk}]
traffic: {new: {rate: 10}}
steps: [{maint: bk/a}]
`
