package upgrade_test

import (
	"slices"
	"strings"
	"testing"

	"halab/internal/scenario"
	"halab/internal/upgrade"
)

// What cannot be carried out after the steps before it is a mistake at its
// place, and what only may not be is none.
func TestOrder(t *testing.T) {
	for _, tt := range []struct {
		name, steps string
		want        []string // in order: place and words
	}{
		{"stopped twice", "  - stop: a\n  - wait: 1s\n  - quit: bk/a\n", []string{"15:5: nginx of bk/a has ended before: step 1 stop: a"}},
		{"each server for itself", "  - stop: a\n  - stop: b\n", nil},
		{"started while it runs", "  - start: a\n", []string{"13:5: nginx of bk/a runs already"}},
		{"stopped and started", "  - kill: a\n  - start: a\n  - stop: a\n  - start: {server: a, nginx: 1.22.1}\n  - pause: a\n  - resume: a\n", nil},
		{"everything else that wants it to run", "  - stop: a\n  - reload: bk/a\n  - upgrade: {server: a, nginx: 1.22.1}\n  - pause: a\n  - replace: {server: a, nginx: 1.22.1}\n  - kill: a\n",
			[]string{"14:5: nginx of bk/a has ended", "15:5:", "16:5:", "17:5:", "18:5:"}},
		{"HAProxy is none of them", "  - stop: a\n  - reload: {}\n  - upgrade: {haproxy: 3.0}\n", nil},
		{"in a compound step", "  - quit: c\n  - rolling: {backend: bk, nginx: 1.22.1}\n", []string{"14:5: nginx of bk/c has ended before: step 1 quit: c"}},
		{"repeated", "  - repeat: {times: 3, steps: [{stop: a}, {start: a}]}\n  - repeat: {times: 2, steps: [{wait: 1s}, {stop: b}]}\n",
			[]string{"14:44: nginx of bk/b has ended before: step 8 stop: b"}},
		{"side by side, in one lane", "  - parallel: {steps: [{repeat: {times: 1, steps: [{stop: a}, {stop: a}]}}, {stop: b}]}\n", []string{"13:63: nginx of bk/a has ended"}},
		{"with a timeout together", "  - repeat: {times: 1, steps: [{stop: a}]}\n    timeout: 5s\n  - stop: a\n", []string{"15:5: nginx of bk/a has ended before: step 1 stop: a"}},
		{"side by side, who knows", "  - parallel: {steps: [{stop: a}, {wait: 1s}]}\n  - stop: a\n  - start: a\n", nil},
		{"side by side, another", "  - stop: a\n  - parallel: {steps: [{stop: b}, {wait: 1s}]}\n  - stop: a\n", []string{"15:5: nginx of bk/a has ended before: step 1"}},
		{"a command may have done anything", "  - stop: a\n  - run: ./start-a.sh\n  - stop: a\n", nil},
		{"the way back", "  - stop: a\non-failure:\n  - stop: a\n  - start: b\n  - start: b\n", []string{"17:5: nginx of bk/b runs already"}},
	} {
		t.Run(strings.ReplaceAll(tt.name, " ", "_"), func(t *testing.T) {
			s, err := scenario.Parse("order.yaml", []byte(manyServers+tt.steps), upgrade.Kinds())
			if err != nil {
				t.Fatal(err)
			}
			mistakes := upgrade.CheckOrder(s)
			if len(mistakes) != len(tt.want) {
				t.Fatalf("%v; want %q", mistakes, tt.want)
			}
			for i, m := range mistakes {
				if !strings.HasPrefix(m.Error(), "order.yaml:"+tt.want[i]) {
					t.Errorf("%v; want %s", m, tt.want[i])
				}
			}
		})
	}
}

// A mistake shows the line and what is to be done.
func TestOrderIsPretty(t *testing.T) {
	s, err := scenario.Parse("order.yaml", []byte(manyServers+"  - start: a  # again\n"), upgrade.Kinds())
	if err != nil {
		t.Fatal(err)
	}
	const want = `order.yaml:13:5: nginx of bk/a runs already
      - start: a  # again
        ^~~~~~~~~~~~~~~~~
  expected: a step before this one that ends it, as in: quit: bk/a
`
	if got := upgrade.CheckOrder(s).Pretty(); got != want {
		t.Errorf("%s", got)
	}
}

// Needs, InPlace and UpgradesHAProxy look into every step, however deep, and
// into the way back.
func TestWhatAScenarioNeeds(t *testing.T) {
	for _, tt := range []struct {
		steps   string
		needs   string
		inPlace string
		proxy   bool
	}{
		{"  - reload: {}\n  - reload: bk/a\n  - reload: haproxy\n", "", "", false},
		{"  - upgrade: {haproxy: 3.0}\n", "haproxy:3.0", "", true},
		{"  - parallel: {steps: [{repeat: {times: 2, steps: [{upgrade: {server: a, nginx: 1.22.1}}]}}]}\n", "nginx:1.22.1 nginx:1.22.1", "bk/a", false},
		{"  - wait: 1s\non-failure:\n  - upgrade: {server: b, nginx: 1.18.0}\n  - upgrade: {haproxy: 2.6}\n", "nginx:1.18.0 haproxy:2.6", "bk/b", true},
	} {
		s, err := scenario.Parse("needs.yaml", []byte(manyServers+tt.steps), upgrade.Kinds())
		if err != nil {
			t.Fatal(err)
		}
		var needs, inPlace []string
		for _, n := range upgrade.Needs(s) {
			needs = append(needs, n.Want.String())
		}
		for _, ref := range upgrade.InPlace(s) {
			inPlace = append(inPlace, ref.String())
		}
		if got := strings.Join(needs, " "); got != tt.needs || !slices.Equal(inPlace, strings.Fields(tt.inPlace)) || upgrade.UpgradesHAProxy(s) != tt.proxy {
			t.Errorf("%s: needs %q, in place %q, HAProxy %v", tt.steps, got, inPlace, upgrade.UpgradesHAProxy(s))
		}
	}
}
