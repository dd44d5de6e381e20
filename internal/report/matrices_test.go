package report

import (
	"fmt"
	"strings"

	"halab/internal/history"
	"halab/internal/matrix"
	"halab/internal/verify"
)

// matrices are what the goldens of a matrix are made of, sorted.
func matrices() map[string]*matrix.Matrix {
	return map[string]*matrix.Matrix{
		"matrix-hostile": hostileMatrix(),
		"matrix-mixed":   mixedMatrix(),
		"matrix-pass":    cellsOf([]matrix.Axis{{Name: "haproxy", Values: []string{"2.6", "3.2"}}}, func(*matrix.Cell, int) {}),
		"matrix-shard":   shardMatrix(),
	}
}

// cellsOf is a matrix whose cells are what fill makes of a PASS.
func cellsOf(axes []matrix.Axis, fill func(c *matrix.Cell, i int)) *matrix.Matrix {
	m := &matrix.Matrix{Scenario: "haproxy-upgrade", File: "haproxy-upgrade.yaml", Halab: "v1.0.0",
		Source: strings.Repeat("ab", 32), Teaches: "HAProxy is reloaded under load and no request is lost.",
		Started: "2026-01-02T03:04:05Z", Length: ms(65000), Parallel: 2, Axes: axes}
	for i, p := range matrix.Product(axes) {
		c := matrix.Cell{ID: p.ID, Values: map[string]string{}, Outcome: matrix.Pass, Expected: verify.Pass, AsExpected: true,
			Reasons: []string{"0 of 1,600 requests lost on new: with 95 % confidence fewer than 0.19 %"},
			Dir:     "cells/" + p.ID, Report: "cells/" + p.ID + "/report.html", Runtime: "process",
			Software: []history.Software{{Role: "haproxy", Name: "haproxy", Asked: "2.6", Got: "2.6.12", Source: "Debian bookworm"}},
			Length:   ms(8000), Sent: 1604, Gap: ms(21)}
		for j, a := range axes {
			c.Values[a.Name] = p.Values[j]
		}
		fill(&c, i)
		m.Cells = append(m.Cells, c)
	}
	m.Conclude()
	return m
}

// mixedMatrix has every outcome.
func mixedMatrix() *matrix.Matrix {
	axes := []matrix.Axis{
		{Name: "haproxy", Values: []string{"2.2", "2.6", "3.0", "3.2"}},
		{Name: "from", Values: []string{"1.18.0"}},
		{Name: "to", Values: []string{"1.22.1", "1.26.3", "1.99.0"}},
	}
	return cellsOf(axes, func(c *matrix.Cell, i int) {
		fail := func(o matrix.Outcome, reasons ...string) {
			c.Outcome, c.AsExpected, c.Reasons = o, false, reasons
		}
		switch {
		case c.Values["to"] == "1.99.0":
			fail(matrix.Unavailable)
			c.Problem = "get nginx 1.99.0: not to be had here; there is 1.18.0, 1.22.1, 1.26.3"
			c.Sent, c.Gap, c.Length, c.Dir, c.Report, c.Software = 0, 0, 0, "", "", nil
		case c.Values["haproxy"] == "2.2":
			c.Lost = int64(40 + i)
			c.Losses = []matrix.Loss{{Step: 1, Text: "reload: {}", Lost: c.Lost}}
			fail(matrix.Fail, fmt.Sprintf("%d requests were lost on new", c.Lost), "the outage took 120ms", "three", "four", "five", "six", "seven")
		case c.Values["haproxy"] == "3.2" && c.Values["to"] == "1.26.3":
			fail(matrix.Inconclusive, "the largest gap between two probes is 310ms, at 2.1s; 250ms is allowed")
		}
	})
}

// shardMatrix is one shard of two, which was killed.
func shardMatrix() *matrix.Matrix {
	m := mixedMatrix()
	var mine []matrix.Cell
	for i, c := range m.Cells {
		if (matrix.Shard{Index: 2, Count: 2}).Has(i) {
			mine = append(mine, c)
		}
	}
	mine[len(mine)-1] = matrix.Cell{ID: mine[len(mine)-1].ID, Values: mine[len(mine)-1].Values, Outcome: matrix.NotRun, Problem: "it was not run"}
	m.Shard, m.Cells = matrix.Shard{Index: 2, Count: 2}, mine
	m.Conclude()
	return m
}

// hostileMatrix has markup, control characters and addresses where text is
// wanted.
func hostileMatrix() *matrix.Matrix {
	const evil = "<script>alert(1)</script>\x1b[31m\u202e]]>&\"'"
	m := cellsOf([]matrix.Axis{{Name: "teaches" + evil, Values: []string{evil, "javascript:alert(1)"}}}, func(c *matrix.Cell, i int) {
		c.Problem, c.Reasons = evil, []string{evil}
		c.Report = "javascript:alert(1)//" + evil
		c.Outcome, c.AsExpected = matrix.Fail, false
		c.Losses = []matrix.Loss{{Step: 1, Text: evil, Lost: int64(i + 1)}}
		c.Broken = []matrix.Broken{{Rule: evil, Result: verify.Fail, Count: 1, Text: evil}}
		c.Software[0].Got = evil
	})
	m.Scenario, m.File, m.Teaches, m.Halab, m.Started = evil, evil, evil, evil, evil
	m.Conclude()
	return m
}
