package report

import (
	"bytes"
	"fmt"

	"halab/internal/verify"
)

// maxShares bounds the rows of the table of shares.
const maxShares = 100

// shareServer names the server of a share.
func shareServer(s *verify.Share) string {
	if s.Server == "" {
		return "(none, or not known)"
	}
	return visible(s.Server)
}

func shareRows(v *verify.Verdict) []verify.Share { return v.Shares[:min(len(v.Shares), maxShares)] }

// moreShares says how many rows the table of shares has no room for; "" where
// it has all.
func moreShares(v *verify.Verdict) string {
	if n := len(v.Shares) - maxShares; n > 0 {
		return fmt.Sprintf("and %s more", count(int64(n)))
	}
	return ""
}

// textShares tells which lane was at which server, by when its requests were
// sent.
func textShares(p *painter, v *verify.Verdict) {
	if len(v.Shares) == 0 {
		return
	}
	p.heading("Requests by lane and server, around the steps")
	g := grid{head: []string{"lane", "server", "before", "during", "after"}, right: []bool{false, false, true, true, true}}
	last := ""
	for _, s := range shareRows(v) {
		name := ""
		if s.Lane != last {
			name, last = s.Lane, s.Lane
		}
		g.add(Normal, visible(name), shareServer(&s), count(s.Before), count(s.During), count(s.After))
	}
	g.write(p)
	if more := moreShares(v); more != "" {
		p.line("  %s", more)
	}
}

func mdShares(b *bytes.Buffer, v *verify.Verdict) {
	if len(v.Shares) == 0 {
		return
	}
	b.WriteString("\n<details><summary>Requests by lane and server, as sent before, during and after the steps</summary>\n")
	var rows [][]string
	for _, s := range shareRows(v) {
		rows = append(rows, []string{md(s.Lane), md(shareServer(&s)), count(s.Before), count(s.During), count(s.After)})
	}
	mdTable(b, "lane | server | before | during | after", "---|---|--:|--:|--:", rows)
	if more := moreShares(v); more != "" {
		b.WriteString("\n" + more + "\n")
	}
	b.WriteString("\n</details>\n")
}
