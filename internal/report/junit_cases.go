package report

import (
	"cmp"
	"slices"
	"strings"

	"halab/internal/history"
	"halab/internal/verify"
)

// judged is one test case: what an invariant says of a lane, or of the run.
type judged struct {
	invariant, lane string
	findings        []*verify.Finding
}

// The invariants that have a case in every run, whether they found anything to
// tell or not: a case that comes and goes has no history in a pipeline.
var (
	casesOfRun    = []string{"accounts agree", "capacity", "clean ends", "coverage", "drained before stopped", "health", "in flight", verify.PlacedName, "nothing masked", "origin", "procedure", "record", verify.AvailableName, "stale connections", verify.EndsName}
	casesOfLane   = []string{"clean ends", "coverage", "latency", "no failure", "outage"}
	casesOfSwitch = []string{"new version complete", "no flap back"}
)

// junitCases are the findings by invariant and lane, in the order in which
// they are told, and then the cases of which nothing is told.
func junitCases(v *verify.Verdict) []*judged {
	var cases []*judged
	one := func(invariant, lane string) *judged {
		i := slices.IndexFunc(cases, func(c *judged) bool { return c.invariant == invariant && c.lane == lane })
		if i < 0 {
			i, cases = len(cases), append(cases, &judged{invariant: invariant, lane: lane})
		}
		return cases[i]
	}
	switches := false
	for i := range v.Findings {
		f := &v.Findings[i]
		c := one(f.Invariant, f.Lane)
		c.findings = append(c.findings, f)
		switches = switches || f.Invariant == "switch"
	}
	for _, name := range casesOfRun {
		one(name, "")
	}
	if switches {
		for _, name := range casesOfSwitch {
			one(name, "")
		}
	}
	for _, l := range v.Lanes {
		class := history.LaneClass(l.Name)
		if class == history.StepLane {
			continue
		}
		for _, name := range casesOfLane {
			one(name, l.Name)
		}
		if class == history.UploadLane {
			one("decided", l.Name)
		}
	}
	one("no failure", stepLane(v))
	slices.SortStableFunc(cases, func(a, b *judged) int {
		return cmp.Or(strings.Compare(a.invariant, b.invariant), strings.Compare(a.lane, b.lane))
	})
	return cases
}

// stepLane is the lane of the steps' own GETs, which go to the first frontend.
// It is no lane of the verdict where no step sent one.
func stepLane(v *verify.Verdict) string {
	if len(v.Lanes) == 0 {
		return history.StepLane
	}
	return history.LaneName(history.StepLane, history.LaneFrontend(v.Lanes[0].Name))
}

// gravest is the finding that decides a case; nil where nothing is told.
func (c *judged) gravest() *verify.Finding {
	for _, result := range []verify.Result{verify.Fail, verify.Inconclusive, verify.Pass} {
		for _, f := range c.findings {
			if f.Result == result {
				return f
			}
		}
	}
	return nil
}

// text is what all findings of a case say.
func (c *judged) text() string {
	var texts []string
	for _, f := range c.findings {
		texts = append(texts, visible(f.Text))
	}
	return cmp.Or(strings.Join(texts, "\n"), "does not apply to this run")
}
