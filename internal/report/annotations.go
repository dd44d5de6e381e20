package report

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"halab/internal/verify"
)

// maxAnnotations is how many annotations of a kind GitHub shows of a step.
const maxAnnotations = 10

// Annotations writes GitHub's workflow commands: an error for what failed, a
// warning for what is in doubt and for a substitute, one notice for a verdict
// that is as expected. They are for the standard output of a step, where
// GITHUB_ACTIONS is set. They point into v.File; where that is "" they name no
// file, and a line is told in the text.
func Annotations(w io.Writer, v *verify.Verdict) error {
	var errs, warnings, notices []string
	for _, f := range v.Findings {
		switch {
		case f.Result == verify.Pass || v.AsWanted:
		case f.Result == verify.Fail:
			errs = append(errs, annotation("error", v.File, f.Line, title(v, &f), f.Text))
		default:
			warnings = append(warnings, annotation("warning", v.File, f.Line, title(v, &f), f.Text))
		}
	}
	if !v.AsWanted {
		errs = append([]string{annotation("error", v.File, causeLine(v), v.Scenario, headline(v))}, errs...)
	} else {
		notices = append(notices, annotation("notice", v.File, 0, v.Scenario, conclusion(v)))
	}
	for _, s := range substitutes(v) {
		warnings = append(warnings, annotation("warning", v.File, 0, v.Scenario, standsIn(s)))
	}
	var b bytes.Buffer
	for _, kind := range [][]string{errs, warnings, notices} {
		for _, line := range kind[:min(len(kind), maxAnnotations)] {
			b.WriteString(line)
		}
	}
	_, err := w.Write(b.Bytes())
	return err
}

// causeLine is the line of the first step that is to blame; 0 where none is.
func causeLine(v *verify.Verdict) int {
	for _, c := range v.Causes {
		if c.Line > 0 {
			return c.Line
		}
	}
	return 0
}

func title(v *verify.Verdict, f *verify.Finding) string {
	if f.Lane == "" {
		return v.Scenario + ": " + f.Invariant
	}
	return v.Scenario + ": " + f.Invariant + " on " + f.Lane
}

// annotation is one workflow command (GitHub Actions, Workflow commands,
// "Setting an error message"), escaped as @actions/core escapes it.
func annotation(kind, file string, line int, title, message string) string {
	properties := ""
	switch {
	case file == "" && line > 0:
		message += fmt.Sprintf(" (line %d of the scenario)", line)
	case file != "" && line > 0:
		properties = fmt.Sprintf("file=%s,line=%d,", escapeProperty(file), line)
	case file != "":
		properties = "file=" + escapeProperty(file) + ","
	}
	return "::" + kind + " " + properties + "title=" + escapeProperty(title) + "::" + escapeData(message) + "\n"
}

func escapeData(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(visible(s))
}

func escapeProperty(s string) string {
	return strings.NewReplacer(":", "%3A", ",", "%2C").Replace(escapeData(s))
}
