package matrix

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Difference is one thing that cells do not share, with the smallest set of
// axes that explains it: every group of cells with the same values on these
// axes is of one kind.
type Difference struct {
	Kind string   `json:"kind"` // lost, rule, inconclusive, unavailable
	What string   `json:"what"` // the step, the rule
	Axes []string `json:"axes"` // none where every cell has it
	// Groups are those that have it, then those that do not, then those of
	// which it is not known.
	Groups []Group `json:"groups"`
	Text   string  `json:"text"`

	partly bool // of some cells it is not known
}

// Group is the cells that have the same values on a difference's axes.
type Group struct {
	Values map[string]string `json:"values"`
	Cells  []string          `json:"cells"`
	State  string            `json:"state"` // has, has not, unknown
	Least  int64             `json:"least"` // over its cells, where it has it
	Most   int64             `json:"most"`

	order []string // the values by axis
}

// The states of a group.
const (
	has    = "has"
	hasNot = "has not"
	open   = "unknown"
)

// symptom is something that a cell may have, and how much of it.
type symptom struct {
	kind, what string
	step       int
	amount     map[string]int64 // by cell; 0 is has not, absent is unknown
}

// The kinds of difference, the gravest first.
const (
	kindLost         = "lost"
	kindRule         = "rule"
	kindUnavailable  = "unavailable"
	kindInconclusive = "inconclusive"
)

func kinds() []string { return []string{kindLost, kindRule, kindUnavailable, kindInconclusive} }

// differences explains every symptom.
func differences(axes []Axis, cells []Cell) []Difference {
	var out []Difference
	for _, s := range symptoms(cells) {
		groups, by := explain(axes, cells, s)
		d := Difference{Kind: s.kind, What: s.what, Axes: []string{}, Groups: groups, partly: len(s.amount) < len(cells)}
		for _, i := range by {
			d.Axes = append(d.Axes, axes[i].Name)
		}
		d.Text = tell(d)
		out = append(out, d)
	}
	return out
}

// symptoms are what cells have, in the order of the kinds and of the steps.
func symptoms(cells []Cell) []*symptom {
	known := map[string]*symptom{}
	note := func(c *Cell, kind, key, what string, step int, amount int64) {
		s := known[kind+"\x00"+key]
		if s == nil {
			s = &symptom{kind: kind, what: what, step: step, amount: map[string]int64{}}
			known[kind+"\x00"+key] = s
		}
		if s.what != what {
			s.what = common(s.what, what)
		}
		s.amount[c.ID] += max(1, amount)
	}
	for i := range cells {
		c := &cells[i]
		for _, l := range c.Losses {
			note(c, kindLost, fmt.Sprint(l.Step), stepName(l), l.Step, l.Lost)
		}
		for _, b := range c.Broken {
			if Outcome(b.Result) == Fail {
				note(c, kindRule, b.Rule, b.Rule, 0, b.Count)
			}
		}
		switch c.Outcome {
		case Inconclusive:
			note(c, kindInconclusive, "", "proves nothing", 0, 1)
		case Unavailable, Error:
			note(c, kindUnavailable, string(c.Outcome), strings.ToLower(string(c.Outcome)), 0, 1)
		}
	}
	var out []*symptom
	for _, s := range known {
		for i := range cells {
			s.absent(&cells[i])
		}
		out = append(out, s)
	}
	slices.SortFunc(out, func(a, b *symptom) int {
		return cmp.Or(cmp.Compare(slices.Index(kinds(), a.kind), slices.Index(kinds(), b.kind)),
			cmp.Compare(a.step, b.step), cmp.Compare(a.what, b.what))
	})
	return out
}

// absent notes that a cell does not have the symptom, where that is known: a
// run that proves nothing does not prove that nothing was lost.
func (s *symptom) absent(c *Cell) {
	if _, has := s.amount[c.ID]; has {
		return
	}
	sure := c.Outcome == Pass || c.Outcome == Fail
	switch s.kind {
	case kindInconclusive:
		sure = c.Outcome.Judged()
	case kindUnavailable:
		sure = c.Outcome != NotRun
	}
	if sure {
		s.amount[c.ID] = 0
	}
}

// stepName is "step 2 maint: bk_app/nginx2"; arguments that are none are left
// out.
func stepName(l Loss) string {
	if l.Step == 0 {
		return l.Text
	}
	return fmt.Sprintf("step %d %s", l.Step, strings.TrimSuffix(l.Text, ": {}"))
}

// common is what the names of two steps share, without an argument that they
// share in part.
func common(a, b string) string {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	shared := a[:n]
	if i := strings.LastIndexAny(shared, " {"); i > 0 {
		shared = shared[:i]
	}
	if i := strings.IndexByte(shared, '{'); i > 0 && !strings.Contains(shared, "}") {
		shared = shared[:i]
	}
	return strings.TrimRight(shared, " ,:")
}
