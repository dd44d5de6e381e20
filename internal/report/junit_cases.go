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
	held, absent    string // without findings: what held, or else why nothing was judged
}

// rule is an invariant that has a case in every run, whether it has a finding
// or not: a case that comes and goes has no history in a pipeline.
type rule struct {
	invariant string
	// held is what no finding means of an invariant that tells only what is
	// broken. Any other has no finding where its precondition is absent.
	held string
	// absent says which precondition is.
	absent string
	// applies reports whether the invariant judges this run, or this lane of
	// it; nil: all of them.
	applies func(v *verify.Verdict, lane string) bool
}

// nothingSent is why a rule that holds of nothing did not hold.
const nothingSent = "no request was sent"

// The rules by what they have a case for: the run, each lane, and each run in
// which the traffic has to switch.
var (
	rulesOfRun = []rule{
		{invariant: "accounts agree", absent: nothingSent},
		{invariant: "capacity", absent: "the weights of the servers were not seen"},
		{invariant: cleanEnds, absent: "judged on each lane"},
		{invariant: "coverage", absent: nothingSent},
		{invariant: verify.DrainedName, absent: "no step stopped a server"},
		{invariant: "health", absent: "the states of the servers were not seen"},
		{invariant: "in flight", absent: "no step sent a command"},
		{invariant: verify.PlacedName, absent: "no step took out a server of a download, upload or stream lane"},
		{invariant: "nothing masked", absent: nothingSent},
		{invariant: "origin", absent: "no request was lost"},
		{invariant: "procedure", absent: nothingSent},
		{invariant: "record", held: "the history is whole"},
		{invariant: verify.AvailableName, held: "every backend that gets traffic had a server all the time"},
		{invariant: "stale connections", held: "no request found its reused connection closed", absent: "no lane reuses connections", applies: reusesConnections},
		{invariant: standstill, absent: "judged on each lane, or no step sent a command"},
		{invariant: verify.EndsName, held: "no `run` or `manual` step left a server out of service"},
	}
	rulesOfLane = []rule{
		{invariant: cleanEnds, held: "every answered request ended as expected by HAProxy's log", absent: "in mode tcp HAProxy's log tells of sessions, not of requests", applies: logsRequests},
		{invariant: "coverage", held: "the schedule was kept"},
		{invariant: "decided", held: "every request's outcome is known"},
		{invariant: "latency", absent: "no request was timed while the steps ran"},
		{invariant: "no failure", absent: nothingSent},
		{invariant: "outage", held: "there was no outage", absent: "a stream is not sent again, so no outage can be measured on it", applies: sendsAgain},
		{invariant: standstill, held: "no one waited longer than is allowed", absent: "no step sent a command", applies: commanded},
	}
	rulesOfSwitch = []rule{
		{invariant: "new version complete", absent: "the traffic did not switch"},
		{invariant: "no flap back", absent: "the traffic did not switch"},
	}
	ruleOfSteps = rule{invariant: "no failure", absent: "no step sent a request"}
)

const (
	cleanEnds  = "clean ends"
	standstill = "standstill"
)

func reusesConnections(v *verify.Verdict, _ string) bool {
	return slices.ContainsFunc(v.Lanes, func(l verify.Lane) bool { return history.Reuses(history.LaneClass(l.Name)) })
}

func logsRequests(v *verify.Verdict, _ string) bool { return v.Accounts.Unit == "requests" }

func sendsAgain(_ *verify.Verdict, lane string) bool {
	return history.LaneClass(lane) != history.StreamLane
}

func commanded(v *verify.Verdict, _ string) bool {
	return slices.ContainsFunc(v.Steps, func(s verify.Step) bool { return s.Command > 0 })
}

// of is what the rule says where it found nothing.
func (r *rule) of(v *verify.Verdict, lane string) (held, absent string) {
	switch {
	case r.held == "", r.applies != nil && !r.applies(v, lane):
		return "", r.absent
	case !sent(v, lane):
		return "", nothingSent
	}
	return r.held, ""
}

// sent reports whether a request was sent on a lane, or on any.
func sent(v *verify.Verdict, lane string) bool {
	return slices.ContainsFunc(v.Lanes, func(l verify.Lane) bool { return l.Sent > 0 && (lane == "" || l.Name == lane) })
}

// junitCases are the findings by invariant and lane, and the rules that found
// nothing.
func junitCases(v *verify.Verdict) []*judged {
	var cases []*judged
	one := func(invariant, lane string) *judged {
		i := slices.IndexFunc(cases, func(c *judged) bool { return c.invariant == invariant && c.lane == lane })
		if i < 0 {
			i, cases = len(cases), append(cases, &judged{invariant: invariant, lane: lane})
		}
		return cases[i]
	}
	always := func(lane string, rules ...rule) {
		for _, r := range rules {
			c := one(r.invariant, lane)
			c.held, c.absent = r.of(v, lane)
		}
	}
	for i := range v.Findings {
		f := &v.Findings[i]
		c := one(f.Invariant, f.Lane)
		c.findings = append(c.findings, f)
	}
	always("", rulesOfRun...)
	if slices.ContainsFunc(v.Findings, func(f verify.Finding) bool { return f.Invariant == "switch" }) {
		always("", rulesOfSwitch...)
	}
	for _, l := range v.Lanes {
		if history.LaneClass(l.Name) != history.StepLane {
			always(l.Name, rulesOfLane...)
		}
	}
	always(stepLane(v), ruleOfSteps)
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

// text is what all findings of a case say, or what held.
func (c *judged) text() string {
	var texts []string
	for _, f := range c.findings {
		texts = append(texts, visible(f.Text))
	}
	return cmp.Or(strings.Join(texts, "\n"), c.held)
}
