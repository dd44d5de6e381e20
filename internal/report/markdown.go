package report

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode"

	"halab/internal/verify"
)

// MaxMarkdown is what GitHub takes as the summary of one step, in bytes.
const MaxMarkdown = 1 << 20

// How much of a long list a summary shows. Together with the length to which
// a text is cut they keep it far below MaxMarkdown.
const (
	mdText  = 300
	mdLost  = 50
	mdLines = 200
)

// Markdown writes summary.md, fit for the summary of a CI's step.
func Markdown(w io.Writer, v *verify.Verdict) error {
	var b bytes.Buffer
	for _, section := range []func(*bytes.Buffer, *verify.Verdict){mdTitle, mdSoftware, mdSwitches, mdLanes, mdLosses, mdControl, mdPolls, mdOutputs, mdShares, mdChecks} {
		section(&b, v)
	}
	_, err := w.Write(within(b.Bytes()))
	return err
}

// within cuts a summary that is larger than GitHub takes, at the end of a
// line, and says that it did.
func within(b []byte) []byte {
	const note = "\n\n*The summary was too long and is cut here.*\n"
	if len(b) <= MaxMarkdown {
		return b
	}
	b = b[:MaxMarkdown-len(note)]
	return append(b[:bytes.LastIndexByte(b, '\n')+1:MaxMarkdown], note...)
}

// md makes a text harmless in a line of Markdown: nothing of it is markup, and
// no address in it a link. What cannot be markup where it stands is left alone,
// for the file is also read as it is; GitHub notifies nobody whom the summary of
// a step mentions. In a table, mdTable takes care of what ends a cell.
func md(s string) string {
	runes := []rune(plain(s, mdText))
	var out strings.Builder
	for i, r := range runes {
		switch {
		case strings.ContainsRune("\\`*[]#+~<>&", r),
			r == '_' && !(wordAt(runes, i-1) && wordAt(runes, i+1)),
			r == ':' && i+1 < len(runes) && runes[i+1] == '/',
			i == 0 && strings.ContainsRune("-=", r) && !wordAt(runes, 1),
			i > 0 && i == listMarker(runes):
			out.WriteRune('\\')
			out.WriteRune(r)
		default:
			out.WriteRune(r)
		}
	}
	return out.String()
}

// listMarker is the place of the mark behind a number that makes the text an
// item of a list (CommonMark 5.2): digits, then . or ), then a space or the
// end; 0 where there is none.
func listMarker(runes []rune) int {
	i := 0
	for i < len(runes) && '0' <= runes[i] && runes[i] <= '9' {
		i++
	}
	if i > 0 && i < len(runes) && strings.ContainsRune(".)", runes[i]) && (i+1 == len(runes) || runes[i+1] == ' ') {
		return i
	}
	return 0
}

func wordAt(runes []rune, i int) bool {
	return i >= 0 && i < len(runes) && (unicode.IsLetter(runes[i]) || unicode.IsDigit(runes[i]))
}

// mdTable writes a table. In its cells a | has a backslash (GFM 4.10), whatever
// stands before it.
func mdTable(b *bytes.Buffer, head, align string, rows [][]string) {
	b.WriteString("\n| " + head + " |\n|" + align + "|\n")
	for _, r := range rows {
		for i := range r {
			r[i] = strings.ReplaceAll(r[i], "|", `\|`)
		}
		b.WriteString("| " + strings.Join(r, " | ") + " |\n")
	}
}

func mdTitle(b *bytes.Buffer, v *verify.Verdict) {
	icon := map[verify.Result]string{verify.Pass: "✅", verify.Fail: "❌"}[v.Result]
	switch {
	case v.AsWanted:
		icon = "✅"
	case icon == "" || v.Result == verify.Pass:
		icon = "⚠️"
	}
	fmt.Fprintf(b, "## %s %s: %s\n\n", icon, md(v.Scenario), md(conclusion(v)))
	if v.Teaches != "" {
		fmt.Fprintf(b, "%s\n\n", md(v.Teaches))
	}
	for _, c := range v.Causes {
		fmt.Fprintf(b, "**%s**\n\n", md(c.String()))
	}
	for i, r := range v.Reasons {
		if i == mdLines {
			fmt.Fprintf(b, "- and %d more\n", len(v.Reasons)-i)
			break
		}
		fmt.Fprintf(b, "- %s\n", md(r))
	}
	if len(v.Remarks) > 0 {
		fmt.Fprint(b, "\nAlso note:\n\n")
	}
	for _, r := range v.Remarks {
		fmt.Fprintf(b, "- %s\n", md(r))
	}
}

func mdSoftware(b *bytes.Buffer, v *verify.Verdict) {
	fmt.Fprintf(b, "\n### What ran\n\nRuntime %s, %s from %s%s.\n", md(v.Runtime), length(v.Length), md(v.Started), again(v))
	if text := labChanges(v); text != "" {
		fmt.Fprintf(b, "\n%s.\n", md(text))
	}
	for _, s := range substitutes(v) {
		fmt.Fprintf(b, "\n> **%s**\n", md(standsIn(s)))
	}
	var rows [][]string
	for _, s := range v.Software[:min(len(v.Software), mdLines)] {
		rows = append(rows, []string{md(s.Role), md(s.Name), md(s.Asked), md(s.Got), md(s.Source)})
	}
	mdTable(b, "role | program | asked | got | from", "---|---|---|---|---", rows)
}

func mdSwitches(b *bytes.Buffer, v *verify.Verdict) {
	if len(v.Switches) == 0 {
		return
	}
	b.WriteString("\n### The switch\n")
	var rows [][]string
	for i := range v.Switches[:min(len(v.Switches), mdLines)] {
		w := &v.Switches[i]
		rows = append(rows, []string{
			md(w.From) + " → " + md(w.To), clock(w.LastOld) + " " + md(w.OldHeader),
			clock(w.FirstNew) + " " + md(w.NewHeader), length(switchGap(w)), length(w.Took),
		})
	}
	mdTable(b, "from → to | last request, old | first request, new | between | command to first new", "---|---|---|--:|--:", rows)
}

func mdLanes(b *bytes.Buffer, v *verify.Verdict) {
	b.WriteString("\n### How many, and how sure\n")
	var rows [][]string
	for i := range v.Lanes[:min(len(v.Lanes), mdLines)] {
		l := &v.Lanes[i]
		rows = append(rows, []string{md(l.Name), count(l.Sent), count(l.OK), count(l.Lost), count(l.Stale), count(l.Unsent), gapOf(l), md(sure(l))})
	}
	mdTable(b, "lane | sent | ok | lost | stale | unsent | largest gap | lost, at 95 % confidence", "---|--:|--:|--:|--:|--:|--:|---", rows)
	if l, ok := blind(v); ok {
		fmt.Fprintf(b, "\n%s that is shorter than %s could have gone unseen.\n", unseen(l), length(l.Largest))
	}
}

func mdPolls(b *bytes.Buffer, v *verify.Verdict) {
	if len(v.Polls) == 0 {
		return
	}
	fmt.Fprintf(b, "\n<details><summary>%s</summary>\n", pollHeading(v))
	var rows [][]string
	polls, steps := v.Polls, v.Steps
	for (len(polls) > 0 || len(steps) > 0) && len(rows) < mdLines {
		if len(steps) > 0 && (len(polls) == 0 || steps[0].Begin <= polls[0].At) {
			rows = append(rows, []string{clock(steps[0].Begin), "", "**step " + md(stepName(steps[0].Index, steps[0].Text)) + "**"})
			steps = steps[1:]
			continue
		}
		n := repeats(polls, steps)
		rows = append(rows, mdPoll(polls[:n])...)
		polls = polls[n:]
	}
	mdTable(b, "time | status | Server", "--:|--:|---", rows)
	if len(polls) > 0 {
		fmt.Fprintf(b, "\nand %s\n", plural(int64(len(polls)), "more poll"))
	}
	b.WriteString("\n</details>\n")
}

// mdPoll is a row for polls that say the same, or one each for a few.
func mdPoll(polls []verify.Poll) [][]string {
	var rows [][]string
	for i, q := range polls {
		if len(polls) > 6 && i >= 2 && i < len(polls)-2 {
			if i == 2 {
				rows = append(rows, []string{"…", "", fmt.Sprintf("%d more of the same", len(polls)-4)})
			}
			continue
		}
		status := "—"
		if q.Status != 0 {
			status = fmt.Sprint(q.Status)
		}
		header := md(q.Header)
		if q.Outcome != "ok" {
			header += " ← " + md(string(q.Outcome))
		}
		rows = append(rows, []string{clock(q.At), status, header})
	}
	return rows
}

func mdChecks(b *bytes.Buffer, v *verify.Verdict) {
	b.WriteString("\n<details><summary>What was checked</summary>\n")
	var rows [][]string
	for _, f := range v.Findings[:min(len(v.Findings), mdLines)] {
		rows = append(rows, []string{string(f.Result), md(f.Invariant), md(f.Lane), md(f.Text)})
	}
	mdTable(b, "result | rule | lane | finding", "---|---|---|---", rows)
	if v.Compared != "" {
		b.WriteString("\n" + md(comparedOf(v)) + "\n")
	}
	b.WriteString("\n</details>\n")
}

func mdControl(b *bytes.Buffer, v *verify.Verdict) {
	c := v.Control
	if c == nil {
		return
	}
	fmt.Fprintf(b, "\n### The control, %s: %s\n\n", md(c.What), c.Result)
	for _, r := range c.Reasons[:min(len(c.Reasons), controlReasons)] {
		fmt.Fprintf(b, "- %s\n", md(r))
	}
}
