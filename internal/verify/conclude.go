package verify

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"halab/internal/history"
)

// conclude puts the verdict together from what the rules found.
func conclude(r *run, rules []invariant) *Verdict {
	v := &Verdict{
		Scenario: r.scenario.Name, File: r.header.File, Teaches: r.scenario.Teaches,
		Lab: r.header.Lab, Runtime: r.header.Runtime, Why: r.header.Why, Try: r.header.Try, Seed: r.header.Seed, Compared: compared(r.header),
		Started: r.header.Started.UTC().Format(time.RFC3339), Length: r.last,
		Software: r.header.Software, LabChanges: r.header.LabChanges, Polls: r.polls,
		Switches: []Switch{}, Lost: []Lost{}, Steps: r.steps,
	}
	for _, rule := range rules {
		v.Findings = append(v.Findings, rule.findings()...)
		switch rule := rule.(type) {
		case *loss:
			v.Lost, v.LostAll = append(v.Lost, rule.listed...), rule.total
		case *latency:
			v.Latency = rule.list()
		case *health:
			v.States = rule.list
		case *accounts:
			v.Accounts = rule.sum
		}
	}
	v.Switches = append(v.Switches, r.moves.switches[:r.moves.done]...)
	v.Lanes, v.Servers, v.Shares = r.laneList(), r.serverList(), r.shares.list(r.order)
	v.Remarks = r.remarks()
	v.Expected = Result(r.scenario.Expect.EffectiveVerdict())
	v.wantedReason, v.wantedCauses = r.scenario.Expect.Reason, r.scenario.Expect.Causes
	v.left = r.header.Control
	v.Causes = []Cause{}
	if result(v.Findings) != Pass {
		r.evidence.conclude(v.Findings)
		v.Causes = explain(r.evidence)
	}
	if v.left == "" && (r.header.Controlled || r.scenario.Control) {
		v.WithoutControl("it has no history")
	}
	v.decide()
	return v
}

// compared are the parts of an answer that were held against what is right.
func compared(h *history.Header) string {
	if h.PageHeaders {
		return "the status, every byte of the page, and the headers Server, Content-Type, Content-Encoding and Location"
	}
	return "the status, every byte of the page, and the header Server"
}

// decide draws the result and its reasons from the findings.
func (v *Verdict) decide() {
	v.Result = result(v.Findings)
	v.Busy = v.Result == Inconclusive && tooBusy(v.Findings)
	v.Reasons = reasons(v)
	v.AsWanted = v.Result == v.Expected && hasReason(v.Reasons, v.wantedReason) && hasCauses(v.Causes, v.wantedCauses)
}

// tooBusy tells whether nothing is in doubt but what the machine is to blame for.
func tooBusy(findings []Finding) bool {
	blamed := false
	for _, f := range findings {
		if f.Result != Inconclusive {
			continue
		}
		if !f.Busy && !f.follows {
			return false
		}
		blamed = blamed || f.Busy
	}
	return blamed
}

// Unexpect forgets which verdict the scenario must have: PASS alone is as
// wanted then.
func (v *Verdict) Unexpect() {
	v.Expected, v.wantedReason, v.wantedCauses = Pass, "", nil
	v.decide()
}

// result is the gravest of all: a loss outweighs a doubt.
func result(findings []Finding) Result {
	out := Pass
	for _, f := range findings {
		switch f.Result {
		case Fail:
			return Fail
		case Inconclusive:
			out = Inconclusive
		}
	}
	return out
}

// reasons are the texts of what decided, the gravest first; of a PASS, what
// was proved and how sure that is.
func reasons(v *Verdict) []string {
	var out []string
	for _, grave := range []Result{Fail, Inconclusive} {
		for _, f := range v.Findings {
			if f.Result == grave {
				out = append(out, f.Text)
			}
		}
	}
	if len(out) > 0 {
		return out
	}
	for _, l := range v.Lanes {
		if l.Lost == 0 && l.Probed() > 0 && history.LaneClass(l.Name) != history.StepLane {
			out = append(out, fmt.Sprintf("0 of %s lost on %s: %s", plural(l.Probed(), "request"), l.Name, l.sure()))
		}
	}
	for _, f := range v.Findings {
		switch f.Invariant {
		case "switch", "coverage", "standstill", "accounts agree", "control":
			out = append(out, f.Text)
		}
	}
	return out
}

// sure says how sure it is that a lane lost nothing.
func (l Lane) sure() string {
	if l.LostBelow >= 1 {
		return "too few to say how many of many would be"
	}
	return "with 95 % confidence fewer than " + percent(l.LostBelow)
}

func hasReason(reasons []string, want string) bool {
	return want == "" || slices.ContainsFunc(reasons, func(r string) bool { return strings.Contains(r, want) })
}

// percent writes a rate with two figures that mean something.
func percent(rate float64) string {
	share := min(rate, 1) * 100
	digits := 0
	if share > 0 && share < 10 {
		digits = 1 - int(math.Floor(math.Log10(share)))
	}
	text := strconv.FormatFloat(share, 'f', digits, 64)
	if strings.Contains(text, ".") {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	return text + " %"
}

func (t *tally) laneList() []Lane {
	out := []Lane{}
	for _, name := range t.order {
		l := *t.lanes[name]
		if n := l.Probed(); n > 0 && l.Lost == 0 {
			// The rule of three: with no event in n trials the 95 % upper
			// bound of the rate is 3/n (Hanley and Lippman-Hand, JAMA 1983).
			l.LostBelow = min(1, 3/float64(n))
		}
		out = append(out, l)
	}
	return out
}

func (t *tally) serverList() []Server {
	out := []Server{}
	for _, s := range t.servers {
		out = append(out, *s)
	}
	slices.SortFunc(out, func(a, b Server) int { return strings.Compare(a.Name, b.Name) })
	return out
}

var _ Source = (*history.Reader)(nil)
