package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"strconv"
	"strings"

	"halab/internal/history"
	"halab/internal/verify"
)

type junitSuites struct {
	XMLName  xml.Name `xml:"testsuites"`
	Name     string   `xml:"name,attr"`
	Tests    int      `xml:"tests,attr"`
	Failures int      `xml:"failures,attr"`
	Time     string   `xml:"time,attr"`
	Suites   []junitSuite
}

type junitSuite struct {
	XMLName    xml.Name        `xml:"testsuite"`
	Name       string          `xml:"name,attr"`
	Tests      int             `xml:"tests,attr"`
	Failures   int             `xml:"failures,attr"`
	Errors     int             `xml:"errors,attr"`
	Skipped    int             `xml:"skipped,attr"`
	Time       string          `xml:"time,attr"`
	Timestamp  string          `xml:"timestamp,attr,omitempty"`
	Properties []junitProperty `xml:"properties>property"`
	Cases      []junitCase
}

type junitProperty struct {
	Name  string `xml:"name,attr"`
	Value string `xml:"value,attr"`
}

type junitCase struct {
	XMLName   xml.Name      `xml:"testcase"`
	Class     string        `xml:"classname,attr"`
	Name      string        `xml:"name,attr"`
	File      string        `xml:"file,attr,omitempty"`
	Line      int           `xml:"line,attr,omitempty"`
	Time      string        `xml:"time,attr"`
	Failure   *junitFailure `xml:"failure,omitempty"`
	Skipped   *junitSkipped `xml:"skipped,omitempty"`
	SystemOut string        `xml:"system-out,omitempty"`
}

// junitSkipped is of a case that says nothing of this run.
type junitSkipped struct {
	Message string `xml:"message,attr"`
}

type junitFailure struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr"`
	Text    string `xml:",chardata"`
}

// JUnit writes junit.xml: one testcase an invariant and lane, the same ones
// for every run of a scenario, and one for the verdict as a whole. One is
// skipped where the run has nothing that the invariant judges. A finding
// is a failure only where the verdict is not the one that the scenario
// expects: a scenario that has to fail and does is a passed test. There is no
// <error>, which some readers do not know; a doubt is a failure whose message
// begins with INCONCLUSIVE.
func JUnit(w io.Writer, v *verify.Verdict) error { return writeSuite(w, junitOf(v)) }

// junitOf is the suite of a run: its verdict first, then what was checked.
func junitOf(v *verify.Verdict) junitSuite {
	suite := junitSuite{
		Name: visible(v.Scenario), Time: seconds(v.Length),
		Timestamp: strings.TrimSuffix(visible(v.Started), "Z"), Properties: junitProperties(v),
	}
	suite.Cases = append(suite.Cases, junitVerdict(v))
	for _, c := range junitCases(v) {
		suite.Cases = append(suite.Cases, junitJudged(v, c))
	}
	return suite
}

// writeSuite writes a suite as a document.
func writeSuite(w io.Writer, suite junitSuite) error { return writeSuites(w, []junitSuite{suite}) }

// writeSuites counts the cases of suites and writes them as a document.
func writeSuites(w io.Writer, suites []junitSuite) error {
	all := junitSuites{Name: "halab", Suites: suites}
	took := 0.0
	for i := range suites {
		s := &suites[i]
		s.count()
		all.Tests += s.Tests
		all.Failures += s.Failures
		if t, err := strconv.ParseFloat(s.Time, 64); err == nil {
			took += t
		}
	}
	all.Time = strconv.FormatFloat(took, 'f', 3, 64)
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	enc := xml.NewEncoder(w)
	enc.Indent("", "  ")
	if err := enc.Encode(all); err != nil {
		return fmt.Errorf("encode the test cases: %w", err)
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func (s *junitSuite) count() {
	for _, c := range s.Cases {
		s.Tests++
		if c.Failure != nil {
			s.Failures++
		}
		if c.Skipped != nil {
			s.Skipped++
		}
	}
}

func junitProperties(v *verify.Verdict) []junitProperty {
	out := []junitProperty{{"verdict", string(v.Result)}, {"expected", string(v.Expected)}, {"runtime", visible(v.Runtime)}, {"lab", visible(v.Lab)}}
	for _, s := range v.Software {
		text := fmt.Sprintf("%s %s", s.Name, s.Got)
		if s.Substitute {
			text += fmt.Sprintf(" (SUBSTITUTE for %s)", s.Asked)
		}
		out = append(out, junitProperty{visible(s.Role), visible(text)})
	}
	return out
}

func junitJudged(v *verify.Verdict, j *judged) junitCase {
	name := j.invariant
	if j.lane != "" {
		name += " on " + j.lane
	}
	c := junitCase{Class: junitClass(v), Name: visible(name), File: visible(v.File), Time: "0", SystemOut: j.text()}
	f := j.gravest()
	switch {
	case f == nil && j.held == "":
		c.Skipped = &junitSkipped{j.absent}
		return c
	case f == nil:
		return c
	}
	c.Line = f.Line
	if f.Result == verify.Pass {
		return c
	}
	message := fmt.Sprintf("%s: %s", f.Result, f.Text)
	if v.AsWanted {
		c.SystemOut = visible(string(f.Result)+": ") + j.text() + visible(" (the scenario expects "+string(v.Expected)+")")
		return c
	}
	c.SystemOut = ""
	c.Failure = &junitFailure{Message: visible(message), Type: string(f.Result), Text: j.text() + examples(v, f)}
	return c
}

func junitVerdict(v *verify.Verdict) junitCase {
	c := junitCase{Class: junitClass(v), Name: "verdict", File: visible(v.File), Time: seconds(v.Length)}
	var reasons []string
	for _, c := range v.Causes {
		reasons = append(reasons, visible(c.String()))
	}
	for _, r := range v.Reasons {
		reasons = append(reasons, visible(r))
	}
	for _, r := range v.Remarks {
		reasons = append(reasons, "note: "+visible(r))
	}
	c.SystemOut = conclusion(v) + "\n" + strings.Join(reasons, "\n")
	if !v.AsWanted {
		c.Failure = &junitFailure{Message: headline(v), Type: string(v.Result), Text: strings.Join(reasons, "\n")}
		c.SystemOut = ""
	}
	return c
}

func junitClass(v *verify.Verdict) string { return "halab." + visible(v.Scenario) }

// examples are the first lost requests of a lane that lost some.
func examples(v *verify.Verdict, f *verify.Finding) string {
	var out strings.Builder
	n := 0
	for i := range v.Lost {
		l := &v.Lost[i]
		if l.Lane != f.Lane || n == firstLost {
			continue
		}
		n++
		fmt.Fprintf(&out, "\n%s %s, after step %s: %s", clock(where(&l.Request)), visible(l.ID), visible(stepName(l.Step, l.Text)), visible(why(l)))
	}
	return out.String()
}

func seconds(m history.Micros) string { return fmt.Sprintf("%.3f", m.D().Seconds()) }
