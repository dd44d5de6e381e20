package report

import (
	"strings"

	"halab/internal/verify"
)

// firstLost is how many lost requests a terminal shows.
const firstLost = 10

func textLost(p *painter, v *verify.Verdict) {
	if v.LostAll == 0 {
		return
	}
	shown := v.Lost[:min(firstLost, len(v.Lost))]
	title := "Lost: " + plural(v.LostAll, "request")
	if int64(len(shown)) < v.LostAll {
		title = "Lost: the first " + count(int64(len(shown))) + " of " + plural(v.LostAll, "request")
	}
	p.heading(title)
	g := grid{head: []string{"time", "lane", "after step", "what became of it"}, right: []bool{true}}
	for i := range shown {
		l := &shown[i]
		step := visible(stepName(l.Step, l.Text))
		g.add(Normal, clock(where(&l.Request)), visible(l.Lane), step, visible(briefly(l)))
	}
	g.write(p)
}

// controlReasons is how many reasons of the control's verdict are shown.
const controlReasons = 3

// textChecks names every rule that was held against the run, a line each.
func textChecks(p *painter, v *verify.Verdict) {
	p.heading("What was checked")
	type key struct {
		invariant string
		result    verify.Result
	}
	var order []key
	lanes := map[key][]string{}
	for _, f := range v.Findings {
		k := key{f.Invariant, f.Result}
		if _, seen := lanes[k]; !seen {
			order = append(order, k)
		}
		lanes[k] = append(lanes[k], f.Lane)
	}
	for _, k := range order {
		lead := p.paint(pad(string(k.result), 12, false), styleOf(k.result))
		line := pad(visible(k.invariant), 24, false) + visible(strings.Join(named(lanes[k]), ", "))
		for _, text := range fold(strings.TrimRight(line, " "), p.width-16) {
			p.line("  %s  %s", lead, text)
			lead = pad("", 12, false)
		}
	}
	if v.Compared != "" {
		p.wrapped("  ", comparedOf(v), Normal)
	}
}

// comparedOf says what of an answer the checks rest on.
func comparedOf(v *verify.Verdict) string {
	return "Compared in each answer: " + visible(v.Compared) + ". No other header is compared."
}

// named drops the empty names: of what is told of the whole run.
func named(lanes []string) []string {
	var out []string
	for _, l := range lanes {
		if l != "" {
			out = append(out, l)
		}
	}
	return out
}

func textReasons(p *painter, v *verify.Verdict) {
	if c := v.Control; c != nil {
		p.heading("The control, " + visible(c.What))
		p.line("  %s", p.paint(string(c.Result), styleOf(c.Result)))
		for _, r := range c.Reasons[:min(len(c.Reasons), controlReasons)] {
			p.wrapped("  - ", visible(r), Normal)
		}
	}
	p.heading("Why")
	for _, c := range v.Causes {
		p.wrapped("  ", visible(c.String()), Normal)
	}
	for _, r := range v.Reasons {
		p.wrapped("  - ", visible(r), Normal)
	}
	for _, r := range v.Remarks {
		p.wrapped("  ! ", visible(r), Normal)
	}
	p.line("")
	p.wrapped("", conclusion(v), Bold+";"+styleOf(v.Result))
}

// briefly is why without what a narrow line has no room for: of an error
// that names the ways it came through ("read tcp A->B: connection reset") it
// keeps the end.
func briefly(l *verify.Lost) string {
	if sent := sentBefore(&l.Request); sent != "" {
		return sent + ", " + inShort(l)
	}
	return inShort(l)
}

func inShort(l *verify.Lost) string {
	switch {
	case l.Log != nil:
		return cause(l) + ", " + ended(l.Log)
	case l.Error == "":
		return cause(l)
	}
	parts := strings.Split(l.Error, ": ")
	return cause(l) + ": " + parts[len(parts)-1]
}
