package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"halab/internal/haproxy"
	"halab/internal/history"
	"halab/internal/report/timeline"
	"halab/internal/verify"
)

// chart is the timeline as the page draws it before any script has run.
type chart struct {
	Strips    []stripRow
	Rows      []stateRow
	Badges    []mark
	Ticks     []mark
	Decades   []mark
	StepLines string
	Legend    []legendItem
	Spoken    string
	Marked    bool
	Binned    bool
	Unshown   int64
	MaxMarks  int64
}

type stripRow struct {
	Name, Sub string
	Shown     bool // the steps' own GETs are shown only when one was lost
	D         timeline.Drawing
	Blind     string
}

type stateRow struct {
	Server   string
	Segments []segment
}

type segment struct {
	Class, D, Status string
	X                string
	From, To         int64
	Tight            bool // no room for its name when the whole run is shown
}

// mark is a label at a share of the width, or at a height.
type mark struct{ X, Y, Anchor, Label string }

type legendItem struct{ Class, D, Label string }

func newChart(v *verify.Verdict, t *timeline.Timeline) chart {
	scale := t.Scale()
	c := chart{
		Badges: badges(v, t), Ticks: ticks(t), Decades: decades(scale), Legend: legend(t, v), Spoken: spoken(v),
		Marked: len(t.Marks) > 0, Binned: t.Binned(), Unshown: t.Unshown, MaxMarks: timeline.MaxMarks,
	}
	var steps strings.Builder
	for _, s := range v.Steps {
		fmt.Fprintf(&steps, "M%.2f 0V80", t.X(s.Begin))
	}
	c.StepLines = steps.String()
	for _, s := range t.Strips {
		row := stripRow{Name: s.Lane, Shown: history.LaneClass(s.Lane) != history.StepLane || t.Marked(s), D: t.Draw(s, scale), Blind: blindGap(v, t, s.Lane)}
		if s.Interval > 0 {
			row.Sub = "every " + length(s.Interval)
		}
		c.Strips = append(c.Strips, row)
	}
	for _, r := range t.States {
		c.Rows = append(c.Rows, newStateRow(t, r))
	}
	return c
}

// blindGap is the largest gap of the lane that saw best, where coverage says
// that it lies.
func blindGap(v *verify.Verdict, t *timeline.Timeline, lane string) string {
	best, ok := blind(v)
	if !ok || best.Name != lane {
		return ""
	}
	for _, f := range v.Findings {
		if f.Invariant == "coverage" && f.Lane == "" && f.First > 0 {
			x := t.X(f.First)
			return fmt.Sprintf("M%.2f 0H%.2fV80H%.2fZ", x, t.X(f.First+best.Largest), x)
		}
	}
	return ""
}

func newStateRow(t *timeline.Timeline, r timeline.ServerRow) stateRow {
	row := stateRow{Server: r.Server}
	for _, s := range r.Segments {
		x0, x1 := t.X(s.From), t.X(s.To)
		status := s.Status
		if s.Weight != 1 {
			status += fmt.Sprintf(", weight %d", s.Weight)
		}
		row.Segments = append(row.Segments, segment{
			Class: stateClass(s.Status), D: fmt.Sprintf("M%.2f 1H%.2fV17H%.2fZ", x0, x1, x0),
			Status: status, X: percentOf(x0 + 40), From: int64(s.From), To: int64(s.To),
			Tight: (x1-x0)/timeline.Width < 0.02+0.012*float64(len(status)),
		})
	}
	return row
}

func stateClass(status string) string {
	s := haproxy.Status(status)
	switch {
	case s.Maint():
		return "maint"
	case s.Draining():
		return "drain"
	case s.Down():
		return "down"
	case s.PlainUp():
		return "up"
	}
	return "rising"
}

func percentOf(x float64) string {
	return strconv.FormatFloat(x/timeline.Width*100, 'f', 2, 64)
}

func place(x float64, label string) mark {
	m := mark{X: percentOf(x), Anchor: "middle", Label: label}
	switch {
	case x < 0.03*timeline.Width:
		m.Anchor = "start"
	case x > 0.97*timeline.Width:
		m.Anchor = "end"
	}
	return m
}

// badges number the steps. Steps that would stand on one another share one.
func badges(v *verify.Verdict, t *timeline.Timeline) []mark {
	const room = 0.045 * timeline.Width
	var out []mark
	for i := 0; i < len(v.Steps); {
		x, last := t.X(v.Steps[i].Begin), i
		for last+1 < len(v.Steps) && t.X(v.Steps[last+1].Begin)-x < room {
			last++
		}
		label := strconv.Itoa(v.Steps[i].Index)
		if last > i {
			label += "–" + strconv.Itoa(v.Steps[last].Index)
		}
		out = append(out, place(x, label))
		i = last + 1
	}
	return out
}

// ticks are four to ten moments that are easy to read.
func ticks(t *timeline.Timeline) []mark {
	span := t.Length.D().Seconds()
	step := math.Pow(10, math.Floor(math.Log10(span/5)))
	for _, f := range []float64{1, 2, 5, 10} {
		if span/(step*f) <= 6 {
			step *= f
			break
		}
	}
	digits := max(0, -int(math.Floor(math.Log10(step)+1e-9)))
	var out []mark
	for i := 0; float64(i)*step <= span; i++ {
		s := float64(i) * step
		out = append(out, place(s/span*timeline.Width, strconv.FormatFloat(s, 'f', digits, 64)+"s"))
	}
	return out
}

// decades label the latency axis, as many of its lines as there is room for.
func decades(c timeline.Scale) []mark {
	every := (c.High - c.Low + 2) / 3
	var out []mark
	for e := c.Low; e < c.High; e += max(1, every) {
		y := c.Y(history.Micros(math.Pow10(e)))
		out = append(out, mark{Y: strconv.FormatFloat(y-2, 'f', 1, 64), Label: decade(e)})
	}
	return out
}

// The shapes of the legend: a band, a mark, a line, a point.
const (
	boxShape  = "M0 1H14V11H0Z"
	markShape = "M7 0V12"
	dotShape  = "M7 6h0"
)

func legend(t *timeline.Timeline, v *verify.Verdict) []legendItem {
	var out []legendItem
	for i, k := range t.Keys {
		out = append(out, legendItem{fmt.Sprintf("band v%d", i), boxShape, keyLabel(k)})
	}
	if t.Silent() {
		out = append(out, legendItem{"band none", boxShape, "no server answered"})
	}
	names := [...]string{
		timeline.Lost: "lost", timeline.Stale: "stale connection", timeline.Unsent: "not sent",
		timeline.Retried: "answered after HAProxy tried again", timeline.Other: "neither answered well nor counted as lost",
	}
	for class, name := range names {
		if t.Has(timeline.Class(class)) {
			out = append(out, legendItem{"mark " + timeline.Class(class).String(), markShape, name})
		}
	}
	if t.Waited() {
		out = append(out, legendItem{"wait", "M0 6H14", "from the send of a lost request to its end"})
	}
	if t.Binned() {
		out = append(out, legendItem{"spread", markShape, "latency, median to slowest"}, legendItem{"p99", dotShape, "99th percentile"})
	} else {
		out = append(out, legendItem{"dot v0", dotShape, "latency of one request"})
	}
	if _, ok := blind(v); ok {
		out = append(out, legendItem{"blind", boxShape, "the blind gap"})
	}
	if len(v.Steps) > 0 {
		out = append(out, legendItem{"stepline", markShape, "a step begins"})
	}
	return out
}

// spoken is what the timeline says to whoever cannot see it.
func spoken(v *verify.Verdict) string {
	if v.LostAll == 0 || len(v.Lost) == 0 {
		return "No request was lost."
	}
	first := &v.Lost[0]
	return fmt.Sprintf("%s lost, the first at %s on lane %s.", plural(v.LostAll, "request"), clock(where(&first.Request)), visible(first.Lane))
}
