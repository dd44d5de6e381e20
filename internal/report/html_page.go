package report

import (
	"fmt"
	"html/template"
	"math"
	"strconv"
	"strings"

	"halab/internal/history"
	"halab/internal/report/timeline"
	"halab/internal/verify"
)

// page is the data of the HTML report's templates.
type page struct {
	V      *verify.Verdict
	T      *timeline.Timeline
	Policy string
	Style  template.CSS
	Script template.JS
	Data   template.JS

	Tone, Aside string
	Substitutes []string
	LabChanges  string
	Sent        int64
	LaneCount   int64 // without the steps' own GETs, which follow no schedule
	LostAside   string
	Switch      *switchRow
	Switches    []switchRow
	Blind       *verify.Lane
	Lanes       []verify.Lane
	Steps       []verify.Step
	Files       []File

	chart
	lostPart
	latencyPart
	PollHeading string
	Polls       []pollLine
}

type switchRow struct {
	verify.Switch
	Gap history.Micros
}

func newPage(v *verify.Verdict, t *timeline.Timeline, files []File) (*page, error) {
	style, script, policy, err := assets()
	if err != nil {
		return nil, fmt.Errorf("read the page's style and script: %w", err)
	}
	data, err := scriptData(t, v)
	if err != nil {
		return nil, err
	}
	p := &page{
		V: v, T: t, Policy: policy, Style: template.CSS(style), Script: template.JS(script), Data: data,
		Tone: tone(v.Result), Aside: strings.TrimPrefix(strings.TrimPrefix(conclusion(v), string(v.Result)), ", "),
		Lanes: v.Lanes, Steps: v.Steps, Files: files,
		chart: newChart(v, t), lostPart: newLostPart(v), latencyPart: newLatencyPart(v),
		PollHeading: pollHeading(v), Polls: pollLines(v),
	}
	p.LabChanges = labChanges(v)
	for _, s := range substitutes(v) {
		p.Substitutes = append(p.Substitutes, standsIn(s))
	}
	if t.YAML != "" {
		p.Files = append(p.Files, File{v.File, t.YAML})
	}
	for i := range v.Lanes {
		p.Sent += v.Lanes[i].Sent
		if history.LaneClass(v.Lanes[i].Name) != history.StepLane {
			p.LaneCount++
		}
	}
	for i := range v.Switches {
		p.Switches = append(p.Switches, switchRow{v.Switches[i], switchGap(&v.Switches[i])})
	}
	if len(p.Switches) > 0 {
		p.Switch = &p.Switches[0]
	}
	if l, ok := blind(v); ok {
		p.Blind = l
	}
	p.LostAside = lostAside(v)
	return p, nil
}

// lostAside stands below the number of the lost.
func lostAside(v *verify.Verdict) string {
	if v.LostAll > 0 && len(v.Lost) > 0 {
		return "the first at " + clock(where(&v.Lost[0].Request))
	}
	best := 1.0
	for i := range v.Lanes {
		l := &v.Lanes[i]
		if history.LaneClass(l.Name) != history.StepLane && l.Lost == 0 && l.Sent > 0 && l.LostBelow > 0 {
			best = math.Min(best, l.LostBelow)
		}
	}
	if best < 1 {
		return "the true rate is below " + bound(best) + " with 95 % confidence, on the lane that sent most"
	}
	return "too few were sent to tell more"
}

// pollLine is one line of the article's table: a poll, a step, or what was
// folded.
type pollLine struct {
	Time, Status, Header, Bad string
	Step                      int
	Text                      string
	Folded                    int64
}

// maxPollLines bounds the table of the page.
const maxPollLines = 1000

func pollLines(v *verify.Verdict) []pollLine {
	if len(v.Polls) == 0 {
		return nil
	}
	var out []pollLine
	polls, steps := v.Polls, v.Steps
	for (len(polls) > 0 || len(steps) > 0) && len(out) < maxPollLines {
		if len(steps) > 0 && (len(polls) == 0 || steps[0].Begin <= polls[0].At) {
			out = append(out, pollLine{Time: clock(steps[0].Begin), Step: steps[0].Index, Text: steps[0].Text})
			steps = steps[1:]
			continue
		}
		n := 1
		if len(v.Polls) > longTable {
			n = repeats(polls, steps)
		}
		out = append(out, foldPolls(polls[:n])...)
		polls = polls[n:]
	}
	return out
}

func foldPolls(polls []verify.Poll) []pollLine {
	const shown = 2
	var out []pollLine
	for i := range polls {
		folded := len(polls) - 2*shown
		if folded > 1 && i >= shown && i < len(polls)-shown {
			if i == shown {
				out = append(out, pollLine{Folded: int64(folded)})
			}
			continue
		}
		q := &polls[i]
		line := pollLine{Time: clock(q.At), Status: "—", Header: q.Header}
		if q.Status != 0 {
			line.Status = strconv.Itoa(q.Status)
		}
		if q.Outcome != history.OK {
			line.Bad = string(q.Outcome)
		}
		out = append(out, line)
	}
	return out
}
