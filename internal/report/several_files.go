package report

import (
	"bytes"
	"cmp"
	"fmt"
	"html/template"
	"io"

	"halab/templates"
)

// SeveralJUnit writes the suites of several runs as one document. A run that
// was not carried through is a failure, whatever its verdict: a build without
// it has not passed.
func SeveralJUnit(w io.Writer, runs []Run) error {
	var suites []junitSuite
	for i := range runs {
		r := &runs[i]
		if r.V == nil {
			suites = append(suites, junitSuite{Name: visible(r.Scenario), Time: "0",
				Cases: []junitCase{r.failure("verdict", "NOT RUN: ", cmp.Or(r.problem(), "it was not run"))}})
			continue
		}
		suite := junitOf(r.V)
		if r.Problem != "" {
			suite.Cases = append(suite.Cases, r.failure("run", "", r.problem()))
		}
		suites = append(suites, suite)
	}
	return writeSuites(w, suites)
}

// failure is a case of what kept a run from being carried through.
func (r *Run) failure(name, lead, problem string) junitCase {
	return junitCase{Class: "halab." + visible(r.Scenario), Name: name, Time: "0",
		Failure: &junitFailure{Message: lead + problem, Type: "NOT RUN", Text: problem}}
}

// SeveralMarkdown writes a table of the runs, and below it the reasons of each
// that is not as wanted.
func SeveralMarkdown(w io.Writer, runs []Run) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "## %s\n", severalSummary(runs))
	var rows [][]string
	for i := range runs {
		r := runs[i].row()
		rows = append(rows, []string{r.Result, md(r.Scenario), r.Lost, r.Sent, md(r.Reason)})
	}
	mdTable(&b, "verdict | scenario | lost | sent | why", "---|---|--:|--:|---", rows)
	for i := range runs {
		if v := runs[i].V; v != nil && !v.AsWanted {
			fmt.Fprintf(&b, "\n<details><summary>%s</summary>\n\n", template.HTMLEscapeString(visible(runs[i].Scenario)))
			mdTitle(&b, v)
			mdLosses(&b, v)
			b.WriteString("\n</details>\n")
		}
	}
	_, err := w.Write(within(b.Bytes()))
	return err
}

// SeveralHTML writes a page without a script that leads to the runs' own.
func SeveralHTML(w io.Writer, runs []Run) error {
	style, err := joined(templates.Report, "report/*.css")
	if err != nil {
		return err
	}
	page, err := template.New("index.html.tmpl").Funcs(pageFuncs).ParseFS(templates.Several, "several/*.tmpl")
	if err != nil {
		return fmt.Errorf("parse the template of several runs: %w", err)
	}
	data := struct {
		Policy, Summary, Tone string
		Style                 template.CSS
		Rows                  []severalRow
	}{"default-src 'none'; style-src '" + digest(style) + "'; img-src data:; base-uri 'none'; form-action 'none'", severalSummary(runs), "pass", template.CSS(style), nil}
	for i := range runs {
		data.Rows = append(data.Rows, runs[i].row())
	}
	if asWanted(runs) < len(runs) {
		data.Tone = "fail"
	}
	if err := page.Execute(w, data); err != nil {
		return fmt.Errorf("fill the page of several runs in: %w", err)
	}
	return nil
}
