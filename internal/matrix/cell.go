package matrix

import (
	"halab/internal/history"
	"halab/internal/verify"
)

// Outcome is what came of a cell: the verdict of its run, or why it has none.
type Outcome string

// The outcomes. Of the last three there is no verdict.
const (
	Pass         Outcome = "PASS"
	Fail         Outcome = "FAIL"
	Inconclusive Outcome = "INCONCLUSIVE"
	Unavailable  Outcome = "UNAVAILABLE" // a version cannot be had, or no runtime can run it
	Error        Outcome = "ERROR"       // the lab could not be run, or did not live to the end
	NotRun       Outcome = "NOT RUN"     // the matrix ended before
)

// Outcomes are all of them.
func Outcomes() []any { return []any{Pass, Fail, Inconclusive, Unavailable, Error, NotRun} }

// Judged tells whether there is a verdict.
func (o Outcome) Judged() bool { return o == Pass || o == Fail || o == Inconclusive }

// Cell is one cell with what is kept of its run; the run's own report has the
// rest.
type Cell struct {
	ID         string            `json:"id"`
	Values     map[string]string `json:"values"` // by axis
	Outcome    Outcome           `json:"outcome"`
	Expected   verify.Result     `json:"expected,omitempty"` // what the scenario says it must be
	AsExpected bool              `json:"as_expected"`
	Reasons    []string          `json:"reasons"`
	Problem    string            `json:"problem,omitempty"` // why there is no verdict
	// Dir is the directory of the run, relative to that of the matrix, and
	// Report its page; empty where there is none.
	Dir      string             `json:"dir,omitempty"`
	Report   string             `json:"report,omitempty"`
	Runtime  string             `json:"runtime,omitempty"`
	Software []history.Software `json:"software"`
	Length   history.Micros     `json:"length_us"` // of the traffic
	Sent     int64              `json:"sent"`
	Lost     int64              `json:"lost"`
	Gap      history.Micros     `json:"largest_gap_us"` // of the lane that saw best
	Losses   []Loss             `json:"losses"`
	Broken   []Broken           `json:"broken"`
}

// Loss is how many requests were lost after a step, before the next.
type Loss struct {
	Step int    `json:"step"` // from 1; 0 is before any step
	Text string `json:"text"`
	Lost int64  `json:"lost"`
}

// Broken is a rule that did not hold, beside that no request is lost.
type Broken struct {
	Rule   string        `json:"rule"`
	Result verify.Result `json:"result"`
	Count  int64         `json:"count"`
	Text   string        `json:"text"`
}

// notRun is a cell of which there is nothing yet.
func (m *Matrix) notRun(p Place, why string) Cell {
	c := Cell{ID: p.ID, Values: map[string]string{}, Outcome: NotRun, Problem: why}
	for i, a := range m.Axes {
		c.Values[a.Name] = p.Values[i]
	}
	return c
}

// lossRules are the rules that lost requests break: Losses tells of them.
var lossRules = [...]string{"no failure", "outage"}

// Judge keeps what the matrix tells of a verdict.
func (c *Cell) Judge(v *verify.Verdict) {
	c.Outcome, c.Expected, c.AsExpected = Outcome(v.Result), v.Expected, v.AsWanted
	c.Problem, c.Reasons = "", v.Reasons
	c.Runtime, c.Software, c.Length = v.Runtime, v.Software, v.Length
	c.Sent, c.Gap, c.Lost = 0, 0, v.LostAll
	for i := range v.Lanes {
		l := &v.Lanes[i]
		c.Sent += l.Sent
		if class := history.LaneClass(l.Name); class != history.StepLane && class != history.StreamLane && l.Sent > 1 && (c.Gap == 0 || l.Largest < c.Gap) {
			c.Gap = l.Largest
		}
	}
	c.Losses = losses(v)
	c.Broken = broken(v)
}

func losses(v *verify.Verdict) []Loss {
	var out []Loss
	before := v.LostAll
	for _, s := range v.Steps {
		before -= s.Lost
		if s.Lost > 0 {
			out = append(out, Loss{s.Index, s.Text, s.Lost})
		}
	}
	if before > 0 {
		out = append([]Loss{{Text: "before any step", Lost: before}}, out...)
	}
	return out
}

// broken are the other rules that did not hold, each once.
func broken(v *verify.Verdict) []Broken {
	var out []Broken
	at := map[string]int{}
	for _, f := range v.Findings {
		if f.Result == verify.Pass || f.Invariant == lossRules[0] || f.Invariant == lossRules[1] {
			continue
		}
		key := string(f.Result) + f.Invariant
		if i, known := at[key]; known {
			out[i].Count += f.Count
			continue
		}
		at[key] = len(out)
		out = append(out, Broken{f.Invariant, f.Result, f.Count, f.Text})
	}
	return out
}
