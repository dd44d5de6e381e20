package verify

import (
	"fmt"
	"slices"
	"strings"

	"halab/internal/history"
)

// complete is invariant 5: once the traffic has switched, every answer is of
// the new server.
type complete struct{ run *run }

func newComplete(r *run) *complete { return &complete{r} }

func (c *complete) observe(history.Event) {}

func (c *complete) findings() []Finding {
	var out []Finding
	for i := range c.run.moves.switches[:c.run.moves.done] {
		w := &c.run.moves.switches[i]
		f := Finding{Invariant: "new version complete", Result: Pass, Step: w.Step, Line: c.run.lineOf(w.Step), Count: w.Late,
			Text: fmt.Sprintf("after the switch to %s no answer came from %s", w.To, w.From)}
		if w.Late > 0 {
			f.Result, f.First, f.Last = Fail, w.lateFirst, w.LastOld
			f.Text = fmt.Sprintf("%s still came from the old server %s after the switch to %s, on %s; the last %s after it",
				plural(w.Late, "answer"), w.From, w.To, lanesOf(w.lateLanes), round(w.Mixed))
		}
		out = append(out, f)
	}
	return out
}

func lanesOf(counts map[string]int64) string {
	var names []string
	for name := range counts {
		names = append(names, name)
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}
