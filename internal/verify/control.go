package verify

import (
	"fmt"
	"slices"

	"halab/internal/history"
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
// would not have seen, it does not prove. So does one whose own record is not
// whole, for what broke it off may have done the harm.
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
	if control.Busy {
		f.busy(byOfAControl)
	}
	why := "it has no reason"
	if len(c.Reasons) > 0 {
		why = c.Reasons[0]
	}
	if broken, is := control.broken(); is {
		f.Text = fmt.Sprintf("the control, %s, is none: %s", c.What, broken)
	} else if harm, found := control.harm(); found {
		c.Red, f.Result, f.Count, f.Busy, f.Measured = true, Pass, 0, false, ""
		f.Text = fmt.Sprintf("the control, %s, came out red: %s", c.What, harm)
	} else if c.Result == Pass {
		f.Text = fmt.Sprintf("the control, %s, came out PASS: this test is blind to what the step protects from (%s)", c.What, why)
	} else {
		f.Text = fmt.Sprintf("the control, %s, came out %s without harm to the traffic from the first command on, so nothing shows that this test would see any: %s", c.What, c.Result, why)
	}
	v.conclude(f)
}

// broken says what is wrong with the record of a run, where anything is.
func (v *Verdict) broken() (string, bool) {
	for _, f := range v.Findings {
		if f.Invariant == recordName && f.Result != Pass {
			return f.Text, true
		}
	}
	return "", false
}

// Harmed reports whether the traffic took harm from the first command on.
func (v *Verdict) Harmed() bool {
	_, found := v.harm()
	return found
}

// harm says what the traffic took from the first command on, if anything.
// What came before it is none of the left-out step's, and does not hide what
// came after: the last harm counts, not the first.
func (v *Verdict) harm() (string, bool) {
	begun, acted := v.begun()
	for _, f := range v.Findings {
		if !acted || f.Result != Fail || !slices.Contains(damage, f.Invariant) || max(f.First, f.Last) < begun {
			continue
		}
		if f.Step == 0 { // the text tells of the first alone
			return fmt.Sprintf("%s; the last at %s", f.Text, at(f.Last)), true
		}
		return f.Text, true
	}
	return "", false
}

// begun is when the first step of a run did something.
func (v *Verdict) begun() (first history.Micros, acted bool) {
	for i := range v.Steps {
		if s := &v.Steps[i]; s.Command > 0 && (!acted || s.Command < first) {
			first, acted = s.Command, true
		}
	}
	return first, acted
}

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
