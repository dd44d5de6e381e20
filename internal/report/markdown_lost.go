package report

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"

	"halab/internal/history"
	"halab/internal/verify"
)

// lossGroup are lost requests of which the same became.
type lossGroup struct {
	lane, step, what string
	n                int64
	first, last      history.Micros
}

// lossGroups puts the lost requests that a verdict lists together where lane,
// step and what became of them are the same, the largest group first.
func lossGroups(v *verify.Verdict) []lossGroup {
	var out []lossGroup
	at := map[[3]string]int{}
	for i := range v.Lost {
		l := &v.Lost[i]
		key := [3]string{l.Lane, stepName(l.Step, l.Text), becameOf(l)}
		if l.Log == nil && l.Error != "" {
			key[2] = inShort(l) // without the ports, which differ in each
		}
		n, known := at[key]
		when := where(&l.Request)
		if !known {
			n, at[key] = len(out), len(out)
			out = append(out, lossGroup{lane: key[0], step: key[1], what: key[2], first: when, last: when})
		}
		g := &out[n]
		g.n++
		g.first, g.last = min(g.first, when), max(g.last, when)
	}
	slices.SortStableFunc(out, func(a, b lossGroup) int { return cmp.Compare(b.n, a.n) })
	return out
}

func (g *lossGroup) span() string {
	if g.first == g.last {
		return clock(g.first)
	}
	return clock(g.first) + "–" + clock(g.last)
}

// mdGroups is how many groups stand above the disclosure.
const mdGroups = 20

func mdLosses(b *bytes.Buffer, v *verify.Verdict) {
	if v.LostAll == 0 {
		return
	}
	fmt.Fprintf(b, "\n### Lost: %s\n", plural(v.LostAll, "request"))
	groups := lossGroups(v)
	var rows [][]string
	for i := range groups[:min(mdGroups, len(groups))] {
		g := &groups[i]
		rows = append(rows, []string{fmt.Sprintf("%s × %s", md(g.what), count(g.n)), g.span(), md(g.lane), md(g.step)})
	}
	mdTable(b, "what became of them | when | lane | after step", "---|--:|---|---", rows)
	if more := len(groups) - mdGroups; more > 0 {
		fmt.Fprintf(b, "\nand %s\n", plural(int64(more), "more kind"))
	}
	if unlisted := v.LostAll - int64(len(v.Lost)); unlisted > 0 {
		fmt.Fprintf(b, "\nThe table counts the %s that are listed; %s more were lost.\n", count(int64(len(v.Lost))), count(unlisted))
	}
	mdEachLost(b, v)
}

func mdEachLost(b *bytes.Buffer, v *verify.Verdict) {
	shown := v.Lost[:min(mdLost, len(v.Lost))]
	var rows [][]string
	for i := range shown {
		l := &shown[i]
		rows = append(rows, []string{clock(where(&l.Request)), md(l.Lane), md(stepName(l.Step, l.Text)), md(why(l))})
	}
	title := "Each of them"
	if int64(len(shown)) < v.LostAll {
		title = fmt.Sprintf("The first %d", len(shown))
	}
	fmt.Fprintf(b, "\n<details><summary>%s</summary>\n", title)
	mdTable(b, "time | lane | after step | what became of it", "--:|---|---|---", rows)
	b.WriteString("\n</details>\n")
}
