package verify

import "fmt"

// Control is the run of a procedure without its protecting step.
type Control struct {
	What    string   `json:"what"` // what was left out or replaced
	Result  Result   `json:"verdict"`
	Reasons []string `json:"reasons"`
	Red     bool     `json:"red"` // it lost what the protecting step protects
}

// WithControl takes the verdict on the control into this one. A control that
// comes out green, or red for no reason that the traffic shows, leaves the
// verdict INCONCLUSIVE: what this test would not have seen, it does not prove.
func (v *Verdict) WithControl(control *Verdict) {
	what := control.left
	c := &Control{What: what, Result: control.Result, Reasons: control.Reasons}
	for _, f := range control.Findings {
		if f.Result == Fail && f.Invariant != procedureName {
			c.Red = true
		}
	}
	v.Control = c
	f := Finding{Invariant: "control", Result: Pass, Text: fmt.Sprintf("the control, %s, came out red: %s", what, first(control.Reasons))}
	if !c.Red {
		f.Result, f.Count = Inconclusive, 1
		f.Text = fmt.Sprintf("the control, %s, came out %s: this test is blind to what the step protects from", what, control.Result)
	}
	v.Findings = append(v.Findings, f)
	v.decide()
}

func first(reasons []string) string {
	if len(reasons) == 0 {
		return "no reason"
	}
	return reasons[0]
}
