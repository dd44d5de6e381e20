package report

import (
	"io"
	"strings"

	"halab/internal/matrix"
)

// MatrixJUnit writes the matrix as JUnit: one testcase a cell, whose own
// junit.xml has its rules. What is not as it must be is a failure, and so is
// a cell that could not be run: a matrix with holes is no passed one.
func MatrixJUnit(w io.Writer, m *matrix.Matrix) error {
	suite := junitSuite{Name: visible(m.Scenario) + " matrix", Time: seconds(m.Totals.Traffic),
		Timestamp:  strings.TrimSuffix(visible(m.Started), "Z"),
		Properties: []junitProperty{{"result", string(m.Result)}}}
	for _, a := range m.Axes {
		suite.Properties = append(suite.Properties, junitProperty{visible(a.Name), visible(strings.Join(a.Values, ", "))})
	}
	for i := range m.Cells {
		suite.Cases = append(suite.Cases, junitCell(m, &m.Cells[i]))
	}
	return writeSuite(w, suite)
}

func junitCell(m *matrix.Matrix, c *matrix.Cell) junitCase {
	out := junitCase{Class: "halab.matrix." + visible(m.Scenario), Name: visible(c.ID), File: visible(m.File), Time: seconds(c.Length)}
	text := cellConclusion(c)
	if c.Report != "" {
		text += "\nreport: " + visible(c.Report)
	}
	for _, r := range c.Reasons {
		text += "\n" + visible(r)
	}
	if c.AsExpected {
		out.SystemOut = text
		return out
	}
	message := cellConclusion(c)
	if len(c.Reasons) > 0 && c.Outcome.Judged() {
		message += ": " + visible(c.Reasons[0])
	}
	out.Failure = &junitFailure{Message: message, Type: string(c.Outcome), Text: text}
	return out
}
