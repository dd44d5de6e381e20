package report

import (
	"io"

	"halab/internal/verify"
)

// TextOptions are what a terminal can do.
type TextOptions struct {
	Color bool
	Width int // columns; 0: no terminal, so 80
}

// Text writes the verdict for people in a terminal: what was seen, in the
// order in which they would ask for it, and the verdict last, where the eye
// is when the lines have run through.
func Text(w io.Writer, v *verify.Verdict, o TextOptions) error {
	p := newPainter(w, o)
	for _, section := range sections {
		section(p, v)
	}
	return p.err
}

// sections are the parts of the text in their order.
var sections = []func(*painter, *verify.Verdict){
	textTitle,
	textSoftware,
	textPolls,
	textSwitches,
	textLanes,
	textServers,
	textShares,
	textLatency,
	textLost,
	textChecks,
	textReasons,
}

func textTitle(p *painter, v *verify.Verdict) {
	p.title(visible(v.Scenario))
	if v.Teaches != "" {
		p.wrapped("", visible(v.Teaches), Normal)
	}
}

func textSoftware(p *painter, v *verify.Verdict) {
	p.heading("What ran")
	lead := "runtime " + visible(v.Runtime)
	if v.Why != "" {
		lead += " (" + visible(v.Why) + ")"
	}
	p.wrapped("  ", lead+", "+length(v.Length)+" from "+visible(v.Started)+again(v), Normal)
	g := grid{head: []string{"role", "program", "asked", "got", "from"}}
	for _, s := range v.Software {
		as := Normal
		if s.Substitute {
			as = Doubt
		}
		g.add(as, visible(s.Role), visible(s.Name), visible(s.Asked), visible(s.Got), visible(s.Source))
	}
	g.write(p)
	if text := labChanges(v); text != "" {
		p.wrapped("  ", visible(text), Normal)
	}
	for _, s := range substitutes(v) {
		p.wrapped("  ! ", visible(standsIn(s)), Doubt)
	}
}

func textSwitches(p *painter, v *verify.Verdict) {
	for i := range v.Switches {
		w := &v.Switches[i]
		p.heading("The switch from " + visible(w.From) + " to " + visible(w.To))
		g := grid{right: []bool{false, true}}
		row := func(what, when, rest string) { g.add(Normal, what, pad(when, 9, true), rest) }
		if w.Command > 0 {
			row("command", clock(w.Command), "step "+stepText(v, w.Step))
		}
		row("last request to the old server", clock(w.LastOld), visible(w.OldHeader))
		row("first request to the new one", clock(w.FirstNew), visible(w.NewHeader))
		if gap := switchGap(w); gap >= 0 {
			row("between the two", length(gap), "")
		} else {
			row("both answered for", length(w.Mixed), "")
		}
		if w.Command > 0 {
			row("command to first new answer", length(w.Took), "")
		}
		g.write(p)
	}
}

func stepText(v *verify.Verdict, index int) string {
	for _, s := range v.Steps {
		if s.Index == index {
			return visible(stepName(s.Index, s.Text))
		}
	}
	return ""
}
