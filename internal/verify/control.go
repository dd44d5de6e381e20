package verify

import (
	"fmt"
	"slices"
)

// Control is the run of a procedure without its protecting step.
type Control struct {
	What    string   `json:"what"` // what was left out or replaced
	Result  Result   `json:"verdict"`
	Reasons []string `json:"reasons"`
	Red     bool     `json:"red"` // it lost what the protecting step protects
}

// controlName is the invariant that the run without protection came out red.
const controlName = "control"

// WithControl takes the verdict on the control into this one. A control in
// which no traffic was harmed leaves the verdict INCONCLUSIVE: what this test
// would not have seen, it does not prove.
func (v *Verdict) WithControl(control *Verdict) {
	switch {
	case control.left == "":
		v.WithoutControl("its history leaves nothing out")
		return
	case control.Scenario != v.Scenario:
		v.WithoutControl("its history is of the scenario " + control.Scenario)
		return
	}
	c := &Control{What: control.left, Result: control.Result, Reasons: control.Reasons}
	v.Control = c
	f := Finding{Invariant: controlName, Result: Inconclusive, Count: 1}
	why := "it has no reason"
	if len(c.Reasons) > 0 {
		why = c.Reasons[0]
	}
	if harm := slices.IndexFunc(control.Findings, harmed); harm >= 0 {
		c.Red, f.Result, f.Count = true, Pass, 0
		f.Text = fmt.Sprintf("the control, %s, came out red: %s", c.What, control.Findings[harm].Text)
	} else if c.Result == Pass {
		f.Text = fmt.Sprintf("the control, %s, came out PASS: this test is blind to what the step protects from (%s)", c.What, why)
	} else {
		f.Text = fmt.Sprintf("the control, %s, came out %s without harm to the traffic, so nothing shows that this test would see any: %s", c.What, c.Result, why)
	}
	v.conclude(f)
}

func harmed(f Finding) bool { return f.Result == Fail && slices.Contains(damage, f.Invariant) }

// WithoutControl says that a control was wanted and cannot be judged, and why.
func (v *Verdict) WithoutControl(why string) {
	v.conclude(Finding{Invariant: controlName, Result: Inconclusive, Count: 1,
		Text: "the control, which has to come out red, cannot be judged: " + why})
}

// conclude puts what is known of the control now in the place of what was.
func (v *Verdict) conclude(f Finding) {
	v.Findings = append(slices.DeleteFunc(v.Findings, func(f Finding) bool { return f.Invariant == controlName }), f)
	v.decide()
}
