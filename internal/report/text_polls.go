package report

import (
	"fmt"
	"strconv"

	"halab/internal/history"
	"halab/internal/verify"
)

// longTable is how many polls a terminal shows one by one; of a longer table
// what repeats is folded.
const longTable = 40

// textPolls is the article's table: time, status, Server header, a line a
// poll, and the steps between them where they happened.
func textPolls(p *painter, v *verify.Verdict) {
	if len(v.Polls) == 0 && len(v.Steps) == 0 {
		return
	}
	p.heading(pollHeading(v))
	g := grid{head: []string{"time", "status", "Server"}, right: []bool{true, true}}
	polls, steps := v.Polls, v.Steps
	for len(polls) > 0 || len(steps) > 0 {
		if len(steps) > 0 && (len(polls) == 0 || steps[0].Begin <= polls[0].At) {
			stepRows(&g, &steps[0])
			steps = steps[1:]
			continue
		}
		n := 1
		if len(v.Polls) > longTable {
			n = repeats(polls, steps)
		}
		pollRows(&g, polls[:n])
		polls = polls[n:]
	}
	g.write(p)
}

func pollHeading(v *verify.Verdict) string {
	for _, l := range v.Lanes {
		if history.LaneClass(l.Name) == history.PollLane && l.Interval > 0 {
			return "One GET every " + length(l.Interval)
		}
	}
	if len(v.Polls) == 0 {
		return "The steps"
	}
	return "One GET after the other"
}

// repeats is how many polls from the first on say the same, before the next
// step.
func repeats(polls []verify.Poll, steps []verify.Step) int {
	n := 1
	for n < len(polls) && same(&polls[n], &polls[0]) && (len(steps) == 0 || polls[n].At < steps[0].Begin) {
		n++
	}
	return n
}

func same(a, b *verify.Poll) bool {
	return a.Status == b.Status && a.Header == b.Header && a.Outcome == b.Outcome
}

// pollRows shows polls that say the same, the ends of a long row of them.
func pollRows(g *grid, polls []verify.Poll) {
	const shown = 2
	for i := range polls {
		switch folded := len(polls) - 2*shown; {
		case folded > 1 && i == shown:
			g.note(Faint, "…", fmt.Sprintf("%d more of the same", folded))
		case folded > 1 && i > shown && i < len(polls)-shown:
		default:
			pollRow(g, &polls[i])
		}
	}
}

func pollRow(g *grid, q *verify.Poll) {
	status, header, as := "—", visible(q.Header), Normal
	if q.Status != 0 {
		status = strconv.Itoa(q.Status)
	}
	if q.Outcome != history.OK {
		as = Bad
		if header != "" {
			header += "  "
		}
		header += "← " + visible(string(q.Outcome))
	}
	g.add(as, clock(q.At), status, header)
}

func stepRows(g *grid, s *verify.Step) {
	g.note(Marked, clock(s.Begin), "── step "+visible(stepName(s.Index, s.Text)))
	for _, c := range s.Commands {
		g.note(Faint, "", "   > "+visible(c))
	}
	textOutputs(g, s)
	switch {
	case s.Error != "":
		g.note(Bad, clock(s.End), "   failed: "+visible(s.Error))
	case !s.Ended:
		g.note(Doubt, "", "   did not end")
	}
}
